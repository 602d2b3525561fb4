import { expect, test } from "vitest";
import { compilePattern } from "./pattern.ts";

test.each([
  ["/", "", true],
  ["/", "a", false],
  ["/public/", "public", true],
  ["/public", "a/public", false],
  ["public", "a/public", true],
  ["public", "public", true],
  ["a/b", "a/b", true],
  ["a/b", "x/a/b", false],
  ["*.css", "public/x.css", true],
  ["/*.css", "public/x.css", false],
  ["/a/**/z", "a/z", true],
  ["/a/**/z", "a/b/c/z", true],
  ["/a/**", "a/b/c", true],
  ["/a/**", "a", false],
  ["**/tmp", "x/y/tmp", true],
  ["k[0-9!]", "k7", true],
  ["k[!0-9]", "k7", false],
  ["a?c", "a/c", false],
  ["\\*x", "*x", true],
  ["\\*x", "ax", false],
  ["a.c", "abc", false],
  ["./a", "a", true],
  ["/with blank", "with blank", true],
])("%s and %j: %s", (pattern, path, matches) => {
  expect(compilePattern(pattern)!.matches.test(path)).toBe(matches);
});

test.each(["../a", "/a/../b", "a/./b", "k[0-9", "x\\"])("%s is no pattern", (pattern) => {
  expect(compilePattern(pattern)).toBeUndefined();
});

test.each([
  ["/a/b/c", ["", "a", "a/b"], ["a/b/c", "b"]],
  ["/a", [""], ["a", "x"]],
  ["/a/*/c", ["", "a", "a/x"], ["a/x/c", "a/x/y"]],
  ["/a/**/c", ["", "a", "a/x/y"], ["b"]],
  ["x.css", ["", "a", "a/b"], []],
])("what lies above %s", (pattern, above, others) => {
  const compiled = compilePattern(pattern)!;
  expect(above.filter((path) => !compiled.above.test(path))).toEqual([]);
  expect(others.filter((path) => compiled.above.test(path))).toEqual([]);
});
