import { expect, test } from "vitest";
import { parseBoolean, parseCsvLine, parseDuration, parseSize, parseUint32 } from "./values.ts";

test.each([
  ["0", 0],
  ["30s", 30e9],
  ["1m30s", 90e9],
  ["1.5h", 5400e9],
  ["500ms", 500e6],
  ["50ns", 50],
  ["-1s", -1e9],
  [".5s", 5e8],
  ["2\u00b5s", 2000],
  ["", undefined],
  ["5", undefined],
  ["s", undefined],
  ["1d", undefined],
  ["1s ", undefined],
  ["9999999h", undefined],
])("duration %j", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ["512", 512],
  ["512b", 512],
  ["64m", 64 * 2 ** 20],
  ["1.5 GiB", 1.5 * 2 ** 30],
  ["2KB", 2048],
  ["m", undefined],
  ["1x", undefined],
  ["-1", undefined],
])("size %j", (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test("booleans and numbers are Go's", () => {
  expect(["1", "T", "true", "0", "FALSE", "yes", "tRUE"].map(parseBoolean)).toEqual([
    true,
    true,
    true,
    false,
    false,
    undefined,
    undefined,
  ]);
  expect(parseUint32("0755", 8)).toBe(0o755);
  expect(parseUint32("8", 8)).toBeUndefined();
  expect(parseUint32("4294967295", 10)).toBe(4294967295);
  expect(parseUint32("4294967296", 10)).toBeUndefined();
});

test.each([
  ["a,b=c", ["a", "b=c"]],
  ['"a,b",c', ["a,b", "c"]],
  ['"say ""hi""",x', ['say "hi"', "x"]],
  ["a,,", ["a", "", ""]],
  ['a"b', undefined],
  ['"a"b', undefined],
  ['"open', undefined],
])("comma-separated %j", (line, expected) => {
  expect(parseCsvLine(line)).toEqual(expected);
});
