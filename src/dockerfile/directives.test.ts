import { expect, test } from "vitest";
import { parseDockerfile } from "./parse.ts";

function directives(text: string) {
  return parseDockerfile(text).directives;
}

test.each([
  ["# syntax=docker/dockerfile:1\nFROM a", "docker/dockerfile:1"],
  ["#Syntax = docker/dockerfile:1 // options\nFROM a", "docker/dockerfile:1"],
  ["\ufeff# syntax=x\nFROM a", "x"],
  ["#!/bin/sh\n# syntax=x\nFROM a", "x"],
  ["//syntax=x\n//other=y", "x"],
  ['{"syntax": "x", "more": []}', "x"],
  ["# a comment\n# syntax=x\nFROM a", undefined],
  ["\n# syntax=x\nFROM a", undefined],
  ["FROM a\n# syntax=x", undefined],
  ["# unknown=1\n# syntax=x\nFROM a", undefined],
  ['{"syntax": 1}', undefined],
])("syntax of %j", (text, expected) => {
  expect(directives(text).syntax).toBe(expected);
});

test("the escape character changes continuation and quoting", () => {
  const { directives, instructions } = parseDockerfile("# escape=`\nFROM a\nENV A=C:\\ `\n B=b` c\n");
  expect(directives.escape).toBe("`");
  expect(instructions[1]).toMatchObject({
    pairs: [
      { key: "A", value: "C:\\" },
      { key: "B", value: "b` c" },
    ],
  });
});

test("check keeps its whole value", () => {
  expect(directives("# check=skip=A,B;error=true\nFROM a").check).toBe("skip=A,B;error=true");
});

test.each([
  ["# escape=x\nFROM a", "invalid escape token 'x' does not match ` or \\", 1],
  ["# escape=`\n# syntax=x\n# escape=\\\nFROM a", "only one escape parser directive can be used", 3],
])("refuses %j", (text, message, line) => {
  const [problem] = parseDockerfile(text).problems;
  expect(problem).toMatchObject({ severity: "error", message, range: { start: { line, column: 1 } } });
});
