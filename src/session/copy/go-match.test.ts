import { expect, test } from "vitest";
import { compilePattern, hasWildcard, splitPattern } from "./go-match.ts";

test.each([
  ["*.txt", "a.txt", true],
  ["*.txt", "dir/a.txt", false],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["[a-c]x", "bx", true],
  ["[^a-c]x", "bx", false],
  ["[^a-c]x", "/x", false],
  ["[]a]", "a", undefined],
  ["[-x]", "-", undefined],
  ["\\*", "*", true],
  ["\\*", "x", false],
  ["[\\]]", "]", true],
  ["*", ".hidden", true],
  ["a*/b", "abc/b", true],
  ["**", "a/b", false],
  ["a(b)+", "a(b)+", true],
  ["?", "日", true],
  ["[", "[", undefined],
  ["a\\", "a", undefined],
])("%s on %s: %s", (pattern, name, expected) => {
  if (expected === undefined) expect(() => compilePattern(pattern)).toThrow(`the pattern ${pattern} is malformed`);
  else expect(compilePattern(pattern).test(name)).toBe(expected);
});

test("a source is cut at its first part with a wildcard", () => {
  expect(splitPattern("/a/b")).toEqual({ base: "/a/b", pattern: "" });
  expect(splitPattern("/*")).toEqual({ base: "/", pattern: "*" });
  expect(splitPattern("/a/b*/c")).toEqual({ base: "/a", pattern: "b*/c" });
  expect(hasWildcard("a\\*b")).toBe(false);
  expect(hasWildcard("a\\\\*b")).toBe(true);
});
