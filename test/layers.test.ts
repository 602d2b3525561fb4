import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/** Lowest first: a folder imports from itself and from those before it only. */
const layers = ["policy", "protocol", "dockerfile", "engine", "build", "project", "session", "dap", "cli"];
/** What slipway-init may take: code that runs on QuickJS too. */
const pure = ["init", "policy", "protocol", "dockerfile"];
const source = join(import.meta.dirname, "../src");

function readImports(isWanted: (file: string) => boolean) {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file.includes("/") && isWanted(file))
    .flatMap((file) =>
      [...readFileSync(join(source, file), "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)].map((match) => ({
        file,
        layer: file.split("/")[0]!,
        imported: relative(source, join(source, dirname(file), match[1]!)).split("/")[0]!,
      })),
    );
}

test("no import points upward", () => {
  const upward = readImports((file) => !file.endsWith(".test.ts")).filter(({ layer, imported }) =>
    layer === "init" ? !pure.includes(imported) : layers.indexOf(imported) > layers.indexOf(layer),
  );
  expect(upward).toEqual([]);
});

test("the commands know of sessions only what the library gives to every program", () => {
  const imports = readImports((file) => file.startsWith("cli/"));
  expect(imports.filter(({ imported }) => imported === "session")).toEqual([]);
  expect(imports.filter(({ imported }) => imported === "index.ts")).not.toEqual([]);
});

test("nothing below the commands imports the library's own entry", () => {
  const imports = readImports((file) => !file.startsWith("cli/"));
  expect(imports.filter(({ imported }) => imported === "index.ts")).toEqual([]);
});
