import { expect, test } from "vitest";
import { DockerfileError, requireValid } from "./errors.ts";
import { parseDockerfile } from "./parse.ts";
import { renderProblem } from "./snippet.ts";

test("the error shows every mistake with its place and line", () => {
  const text = "FROM a\nRNU make\n\tCOPY --lnik a b\nARG --ignored x\n";
  expect(() => requireValid(parseDockerfile(text), "app/Dockerfile")).toThrow(DockerfileError);
  try {
    requireValid(parseDockerfile(text), "app/Dockerfile");
  } catch (error) {
    expect(error).toMatchObject({ code: "DOCKERFILE_INVALID", exitCode: 1, range: { start: { line: 2 } } });
    expect((error as Error).message).toBe(
      [
        "2 errors in app/Dockerfile",
        "app/Dockerfile:2:1: error: unknown instruction: RNU (unknown-instruction)",
        "   2  | RNU make",
        "      | ^^^",
        "      = hint: did you mean RUN?",
        "app/Dockerfile:3:7: error: unknown flag: --lnik (flag-unknown)",
        "   3  | \tCOPY --lnik a b",
        "      | \t     ^^^^^^",
        "      = hint: did you mean --link?",
      ].join("\n"),
    );
  }
});

test("warnings alone pass", () => {
  requireValid(parseDockerfile("FROM a\nRUN b \\\n\n c"), "Dockerfile");
});

test.each([
  ["\ufeffRNU a", "   1  | RNU a\n      | ^^^"],
  ["", "   1  | \n      | ^"],
  ["FROM a\nRUN <<E", "   2  | RUN <<E\n      | ^^^^^^^"],
  ["FROM a\nUSER \\\n", "   2  | USER \\\n      | ^^^^"],
])("snippet of %j", (text, snippet) => {
  expect(renderProblem("D", text, parseDockerfile(text).problems[0]!)).toContain(snippet);
});

test("a long line is cut around the place", () => {
  const text = `FROM a\nENV ${"a=1 ".repeat(100)} b ${"c=2 ".repeat(100)}`;
  const lines = renderProblem("D", text, parseDockerfile(text).problems[0]!).split("\n");
  expect(lines[1]!.length).toBeLessThan(140);
  expect(lines[1]![lines[2]!.indexOf("^")]).toBe("b");
});
