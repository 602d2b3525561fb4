import fc from "fast-check";
import { expect, test } from "vitest";
import { quoteWord, splitWords } from "./shell-words.ts";

test.each([
  [`a b  "c d"\te`, ["a", "b", "c d", "e"]],
  [`a'b c'd "" ''`, ["ab cd", "", ""]],
  [`"a\\"b\\\\c\\nd" 'e\\f' g\\ h`, ['a"b\\c\\nd', "e\\f", "g h"]],
  ["# no comment; a | b > c", ["#", "no", "comment;", "a", "|", "b", ">", "c"]],
  ["", []],
])("splits %s as Python's shlex does", (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

test.each([
  ["'a", "a single quote is not closed"],
  ['a"b', "a double quote is not closed"],
  ['a"b\\', "a double quote is not closed"],
  ["a\\", "nothing stands behind the last backslash"],
])("refuses %s", (text, message) => {
  expect(() => splitWords(text)).toThrow(message);
});

test("quoted words come back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary-ascii" })), (words) => {
      expect(splitWords(words.map(quoteWord).join(" "))).toEqual(words);
    }),
  );
});
