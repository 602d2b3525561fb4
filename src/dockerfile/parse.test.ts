import { expect, test } from "vitest";
import { parseDockerfile } from "./parse.ts";

test("stages, global ARGs and numbers", () => {
  const model = parseDockerfile("ARG V=1\nFROM a AS One\nRUN x\n\n# second\nFROM one\nCOPY --from=0 a b\n");
  expect(model.globalArgs.map(({ number }) => number)).toEqual([1]);
  expect(model.instructions.map(({ number, keyword }) => [number, keyword])).toEqual([
    [1, "ARG"],
    [2, "FROM"],
    [3, "RUN"],
    [4, "FROM"],
    [5, "COPY"],
  ]);
  expect(model.stages).toMatchObject([
    {
      index: 0,
      name: "one",
      instructions: [{ number: 3 }],
      range: { start: { line: 2 }, end: { line: 3, column: 6 } },
    },
    { index: 1, name: undefined, from: { image: "one" }, instructions: [{ number: 5 }] },
  ]);
  expect(model.problems).toEqual([]);
});

test.each([
  ["", "file with no instructions"],
  ["# only comments\n\n", "file with no instructions"],
  ["ARG a\n", "dockerfile contains no stages to build"],
  ["RUN x\n", "no build stage in current context: RUN stands before the first FROM"],
])("%j can't be built", (text, message) => {
  expect(parseDockerfile(text).problems).toMatchObject([{ severity: "error", message }]);
});

test("all mistakes are found, in file order", () => {
  const text = "FROM a\nRNU x\nENV a=1 b\nCOPY --lnk a\nUSER";
  expect(parseDockerfile(text).problems.map(({ rule, range }) => [range.start.line, rule])).toEqual([
    [2, "unknown-instruction"],
    [3, "pair-syntax"],
    [4, "arguments-missing"],
    [4, "flag-unknown"],
    [5, "arguments-missing"],
  ]);
});

test("a long file takes no more than its share of time", () => {
  const text = `FROM a\n${"RUN <<E\nx\nE\n# c\n".repeat(5000)}`;
  expect(parseDockerfile(text).instructions).toHaveLength(5001);
});
