import { expect, test } from "vitest";
import { readJsonWords, splitInstruction, splitQuotedWords, splitWords } from "./words.ts";

function word(text: string) {
  return { text, start: 0, end: text.length };
}

test.each([
  ["RUN  make  all ", "RUN", [], "make  all"],
  ["COPY --from=a\t--chown=1 b c", "COPY", ["--from=a", "--chown=1"], "b c"],
  ['RUN --x="a b"c --y=\\"q d', "RUN", ["--x=a bc", '--y="q'], "d"],
  ["RUN -- --not-a-flag", "RUN", [], "--not-a-flag"],
  ["RUN a --b", "RUN", [], "a --b"],
  ["CMD --only", "CMD", ["--only"], ""],
  ["RUN", "RUN", [], ""],
])("splits %j", (line, keyword, flags, rest) => {
  const split = splitInstruction(line, "\\");
  expect(split.keyword.text).toBe(keyword);
  expect(split.flags.map(({ text }) => text)).toEqual(flags);
  expect(split.rest.text).toBe(rest);
  for (const piece of [split.keyword, split.rest]) expect(line.slice(piece.start, piece.end)).toBe(piece.text);
});

test("flags know where they were written, quotes included", () => {
  const line = "RUN --x='a b' c";
  const [flag] = splitInstruction(line, "\\").flags;
  expect(line.slice(flag!.start, flag!.end)).toBe("--x='a b'");
});

test.each([
  ["a  b\tc", ["a", "b", "c"]],
  ["a\u00a0b", ["a\u00a0b"]],
  ["", []],
])("words of %j", (text, expected) => {
  expect(splitWords(word(text)).map((item) => item.text)).toEqual(expected);
});

test.each([
  ["a=b c='d e' f=\"g h\"", ["a=b", "c='d e'", 'f="g h"']],
  ["a\\ b c", ["a\\ b", "c"]],
  ["'a\\' b", ["'a\\'", "b"]],
  ['"a\\" b" c', ['"a\\" b"', "c"]],
  ["a\\", ["a"]],
  ["'open end", ["'open end"]],
  ["  ", []],
])("quoted words of %j", (text, expected) => {
  expect(splitQuotedWords(word(text), "\\").map((item) => item.text)).toEqual(expected);
});

test.each([
  [' ["a", "\\u00e9\\n"] ', { kind: "strings", values: ["a", "é\n"] }],
  ["[]", { kind: "strings", values: [] }],
  ['["\\ud800"]', { kind: "strings", values: ["\ufffd"] }],
  ['["a", 1]', { kind: "other" }],
  ['["a", null]', { kind: "other" }],
  ["['a']", { kind: "none" }],
  ['["a"', { kind: "none" }],
  ['["a"] b', { kind: "none" }],
  ["{}", { kind: "none" }],
])("JSON words of %j", (text, expected) => {
  expect(readJsonWords(text)).toEqual(expected);
});
