import { expect, test } from "vitest";
import { createIgnoreMatcher, parseIgnoreFile } from "./ignore.ts";

test("an ignore file's lines become clean patterns", () => {
  const text = "\ufeff# comment\r\n  # a pattern\n\n /abs/path/ \n./a//b/../c\n! /keep\n!\n/\n";
  expect(parseIgnoreFile(text)).toEqual(["# a pattern", "abs/path", "a/c", "!keep", "!", "/"]);
});

test.each([
  // One segment, and what is below it
  ["*", "a", true],
  ["*", "a/b", true],
  ["*.md", "README.md", true],
  ["*.md", "docs/README.md", false],
  ["a/*", "a/b/c", true],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["a?c", "a☺c", true],
  ["docs", "docs/x/y", true],
  ["docs", "old/docs", false],
  // Any depth
  ["**", "a/b", true],
  ["**/x", "x", true],
  ["**/x", "a/b/x", true],
  ["**/x", "a/bx", false],
  ["**x", "a/bx", true],
  ["**/*.o", "a/b/c.o", true],
  ["a/**", "a", false],
  ["a/**", "a/b", true],
  ["a/**/b", "a/b", true],
  ["a/**/b", "a/x/y/b", true],
  ["a**/b", "ax/b", true],
  ["a**/b", "a/x/b", true],
  ["**/a/**", "x/a/y", true],
  // Classes and escapes
  ["[a-c]x", "bx", true],
  ["[^a-c]x", "bx", false],
  ["[^a-c]x", "zx", true],
  ["[\\]]x", "]x", true],
  ["a\\*", "a*", true],
  ["a\\*", "ab", false],
  // Characters that mean something to regular expressions only
  ["a.b", "aXb", false],
  ["a+(b)|c$^{1}", "a+(b)|c$^{1}", true],
  ["*.c++", "x.c++", true],
  ["A", "a", false],
])("%j and %j", (pattern, path, expected) => {
  expect(createIgnoreMatcher([pattern]).ignores(path, false)).toBe(expected);
});

test.each([
  [["*", "!a"], "a/b", false],
  [["a", "!a/b"], "a/b/c", false],
  [["a", "!a/b", "a/b/c"], "a/b/c", true],
  [["!a", "*"], "a", true],
  [["**", "!**/*.md"], "x/y.md", false],
  [["*", "!a*", "ab"], "ab", true],
  // On a walk the exception is asked for a itself before anything is ignored there, and not again below it.
  [["a/b", "!a"], "a/b", true],
])("the last of %j that matters decides over %j", (patterns, path, expected) => {
  expect(createIgnoreMatcher(patterns).ignores(path, false)).toBe(expected);
});

test("an ignored folder is walked when an exception may be in it", () => {
  expect(createIgnoreMatcher(["a"]).mayContainIncluded("a")).toBe(false);
  const matcher = createIgnoreMatcher(["*", "!a/b/**"]);
  expect(["a", "a/b", "a/c", "ab"].map((folder) => matcher.mayContainIncluded(folder))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(createIgnoreMatcher(["a", "!**/keep"]).mayContainIncluded("a")).toBe(true);
});

test.each([["!"], ["["], ["a["], ["[]"], ["[]a]"], ["[a-]"], ["[-a]"], ["a\\"]])("%j is a bad pattern", (pattern) => {
  expect(() => createIgnoreMatcher([pattern])).toThrow("bad pattern");
});
