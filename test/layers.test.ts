import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/** Lowest first: a folder imports from itself and from those before it only. */
const layers = ["protocol", "dockerfile", "engine", "build", "project", "session", "cli"];
const source = join(import.meta.dirname, "../src");

test("no import points upward", () => {
  const upward = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file.includes("/"))
    .flatMap((file) =>
      [...readFileSync(join(source, file), "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)].map((match) => ({
        file,
        layer: file.split("/")[0]!,
        imported: relative(source, join(source, dirname(file), match[1]!)).split("/")[0]!,
      })),
    )
    .filter(({ layer, imported }) =>
      layer === "init" ? !["init", "protocol"].includes(imported) : layers.indexOf(imported) > layers.indexOf(layer),
    );
  expect(upward).toEqual([]);
});
