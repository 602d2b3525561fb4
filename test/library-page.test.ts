import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/library.md"), "utf8");

/** Names of the members of an interface, as its source declares them. */
function membersOf(file: string, name: string): readonly string[] {
  const source = readFileSync(join(root, file), "utf8");
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n(.*?)^\\}`, "ms").exec(source)?.[1] ?? "";
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map((match) => match[1]!);
}

test.each([
  ["src/session/types.ts", "Session"],
  ["src/session/settings.ts", "OpenSessionOptions"],
  ["src/session/settings.ts", "SessionPlace"],
  ["src/session/open.ts", "ResumeSessionOptions"],
])("docs/library.md tells of every member of %s, %s", (file, name) => {
  const members = membersOf(file, name);
  expect(members.length).toBeGreaterThan(2);
  expect(members.filter((member) => !new RegExp(`\\b${member}\\b`).test(page))).toEqual([]);
});

test("docs/library.md tells of every function and class of the library", () => {
  const entry = readFileSync(join(root, "src/index.ts"), "utf8");
  const names = [...entry.matchAll(/^export \{([^}]*)\}/gm)].flatMap((match) =>
    match[1]!.split(",").map((name) => name.trim()),
  );
  expect(names).toContain("openSession");
  expect(names.filter((name) => name !== "" && !page.includes(name))).toEqual([]);
});
