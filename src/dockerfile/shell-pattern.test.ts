import { expect, test } from "vitest";
import { replacePattern, replacePatternAll, trimPattern, trimPatternEnd } from "./shell-pattern.ts";

test.each([
  ["abcabc", "*b", "shortest", "cabc"],
  ["abcabc", "*b", "longest", "c"],
  ["abc", "?", "shortest", "bc"],
  ["a\nb", "*b", "longest", "a\nb"],
  ["😀b", "?", "longest", "b"],
  ["}x", "\\}", "longest", "x"],
  ["abc", "", "longest", "abc"],
  ["abc", "c", "longest", "abc"],
] as const)("from the start of %j, %j, the %s", (value, pattern, wanted, expected) => {
  expect(trimPattern(value, pattern, wanted)).toBe(expected);
});

test.each([
  ["a.b.c", ".*", "shortest", "a.b"],
  ["a.b.c", ".*", "longest", "a"],
  ["ab*", "\\*", "longest", "ab"],
  ["ab", "a", "longest", "ab"],
] as const)("from the end of %j, %j, the %s", (value, pattern, wanted, expected) => {
  expect(trimPatternEnd(value, pattern, wanted)).toBe(expected);
});

test("the first match is replaced literally, all matches by a template", () => {
  expect(replacePattern("aXbX", "X", "$0")).toBe("a$0bX");
  expect(replacePattern("ab", "", "-")).toBe("-ab");
  expect(replacePatternAll("aXbX", "X", "<$0>$$${1}")).toBe("a<X>$b<X>$");
  expect(replacePatternAll("abc", "*", "-")).toBe("-");
  expect(replacePatternAll("ab", "", "-")).toBe("-a-b-");
});

test("many stars take no more than their share of time", () => {
  const value = "a".repeat(2000);
  expect(trimPattern(value, "*a*a*a*a*a*a*b", "longest")).toBe(value);
});
