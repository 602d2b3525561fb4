import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { checkConfiguration } from "../../src/init/circus/check-configuration.ts";
import type { ConfigurationSource } from "../../src/init/circus/configuration.ts";
import { createWatcher } from "../../src/init/circus/option-values.ts";
import { readConfiguration } from "../../src/init/circus/read-configuration.ts";
import { InitError } from "../../src/init/system/errors.ts";
import { compilePattern } from "../../src/init/system/shell-pattern.ts";
import { program } from "./supervised.ts";

// Each folder holds a circus.ini with what it includes, and expected.yaml: what `circusd --check` tells of it, then what was
// read, without what is circus's default.
const fixtures = join(import.meta.dirname, "../fixtures/circus");
const environment = { PATH: "/usr/bin:/bin", PORT: "8080", LOWER: "lower" };

/** The fixture's folder as the current one. */
function openSource(folder: string): ConfigurationSource {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return {
    environment,
    readText(path) {
      if (!files.includes(path)) throw new InitError("enoent", `open ${path}: no such file or directory`);
      return readFileSync(join(folder, path), "utf8");
    },
    glob: (pattern) => files.filter((path) => matches(path.split("/"), pattern.split("/"))),
  };
}

function matches(path: readonly string[], pattern: readonly string[]): boolean {
  return path.length === pattern.length && path.every((part, index) => compilePattern(pattern[index]!).test(part));
}

function withoutDefaults<T extends object>(values: T, defaults: object): Partial<T> {
  const usual = new Map(Object.entries(defaults));
  const isUsual = (name: string, value: unknown) => JSON.stringify(usual.get(name)) === JSON.stringify(value);
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => name !== "origin" && !isUsual(name, value)),
  ) as Partial<T>;
}

test.each(readdirSync(fixtures))("%s", async (name) => {
  const source = openSource(join(fixtures, name));
  const { text } = checkConfiguration("circus.ini", source);
  const { configuration } = readConfiguration("circus.ini", source);
  const usual = readConfiguration("usual.ini", { ...source, readText: () => "[socket:usual]\n" }).configuration!;
  const { flapping } = configuration ?? {};
  const watcher = createWatcher("", { cmd: "usual" }, { sockets: [], flapping });
  const read = configuration && {
    circus: withoutDefaults(configuration.circus, usual.circus),
    watchers: configuration.watchers.map((one) => withoutDefaults(one, watcher)),
    sockets: configuration.sockets.map((one) => withoutDefaults(one, {})),
    flapping,
  };
  await expect(stringify({ told: text, read }, { lineWidth: 0 })).toMatchFileSnapshot(
    join(fixtures, name, "expected.yaml"),
  );
});

test.each(readdirSync(fixtures))("%s: the program tells the same", (name) => {
  const { text, exitCode } = checkConfiguration("circus.ini", openSource(join(fixtures, name)));
  const { stdout, stderr, status } = spawnSync(program, ["--check", "circus.ini"], {
    cwd: join(fixtures, name),
    env: environment,
    encoding: "utf8",
  });
  expect({ stdout, stderr, status }).toEqual({ stdout: text, stderr: "", status: exitCode });
});
