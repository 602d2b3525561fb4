import { expect, test } from "vitest";
import { splitWords } from "./split-words.ts";

test.each([
  ["", []],
  ["  a  b ", ["a", "b"]],
  ["'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]],
  [`-e 'A=it'"'"'s'`, ["-e", "A=it's"]],
  ['"a\\"b\\$c\\d"', ['a"b$c\\d']],
  ["'' \"\"", ["", ""]],
  ["a'b'c", ["abc"]],
])("%j", (line, words) => expect(splitWords(line)).toEqual(words));

test.each([["'a"], ['a "b'], ["a\\"]])("%j is not closed", (line) => {
  expect(() => splitWords(line)).toThrow("is not closed");
});
