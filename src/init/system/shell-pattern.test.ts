import { expect, test } from "vitest";
import { compilePattern } from "./shell-pattern.ts";

test.each([
  ["*.yaml", ["a.yaml", ".yaml.yaml.x", "b.yml", ".hidden.yaml"], ["a.yaml"]],
  [".*", [".hidden", "seen"], [".hidden"]],
  ["a?c", ["abc", "a\nc", "ac", "aéc", "a😀c"], ["abc", "a\nc", "aéc", "a😀c"]],
  ["[!a-c]x", ["ax", "dx", "!x"], ["dx", "!x"]],
  ["[]a]x", ["]x", "ax", "bx"], ["]x", "ax"]],
  ["[^a]x", ["^x", "ax", "bx"], ["^x", "ax"]],
  ["[z-a]x", ["zx", "-x", "x"], []],
  ["[!z-a]x", ["zx", "x"], ["zx"]],
  ["[a-c-]x", ["bx", "-x", "dx"], ["bx", "-x"]],
  ["a[b", ["a[b", "ab"], ["a[b"]],
  ["\\*.(+)", ["*.(+)", "a.(+)"], ["*.(+)"]],
])("%s", (pattern, names, matched) => {
  const matcher = compilePattern(pattern);
  expect(names.filter((name) => matcher.test(name))).toEqual(matched);
});
