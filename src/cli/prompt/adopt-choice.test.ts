import { expect, test } from "vitest";
import type { Adoptable } from "../../index.ts";
import { letterOf, parseChoice, wholeAdoption } from "./adopt-choice.ts";

const adoptable: Adoptable = {
  edits: [1, 3, 12].map((id) => {
    return { id, after: 2, kind: "run", command: `command ${id}`, workdir: "/", exitCode: 0, changes: [] } as const;
  }),
  files: ["/etc/a", "/etc/b"].map((path) => {
    return {
      path,
      kind: "changed",
      type: "file",
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 1,
      mtime: 0,
      target: undefined,
    } as const;
  }),
  suggested: { commands: [], files: [] },
};

test.each([
  ["3 1", [[3], [1]], []],
  ["1&3 12", [[1, 3], [12]], []],
  ["1 & 3 && 12", [[1, 3, 12]], []],
  ["b, 1", [[1]], ["/etc/b"]],
  ["/etc/a a /etc/x", [], ["/etc/a", "/etc/x"]],
])("%j", (text, commands, files) => expect(parseChoice(text, adoptable)).toEqual({ commands, files }));

test.each([
  ["2", 'there is no hand edit "2" to adopt'],
  ["1 1", "hand edit 1 stands there twice"],
  ["1&", 'there is no hand edit "" to adopt'],
  ["c", 'there is no file "c" in the list'],
])("%j is refused", (text, message) => expect(() => parseChoice(text, adoptable)).toThrow(message));

test("--all takes everything", () => {
  expect(wholeAdoption(adoptable)).toEqual({ commands: [[1], [3], [12]], files: ["/etc/a", "/etc/b"] });
});

test("letters go on after z", () => {
  expect([0, 25, 26, 51, 52, 701, 702].map(letterOf)).toEqual(["a", "z", "aa", "az", "ba", "zz", "aaa"]);
});
