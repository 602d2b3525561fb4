import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CliContext } from "../context.ts";
import { createProgram } from "../program.ts";

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "slipway-dockerfile-"));
  await writeFile(join(cwd, "Dockerfile"), 'ARG V=1\nFROM a:$V AS b\nCOPY --from=c <<E x /y/\nhi\nE\nRUN ["z"]\n');
  await writeFile(join(cwd, "bad"), "FROM a\nRNU b\nMAINTAINER c\nENV d\n");
});

afterAll(() => rm(cwd, { recursive: true }));

/** Runs `slipway dockerfile …`: what it printed, its exit code, and its error if it threw one. */
async function run(words: readonly string[], input = "") {
  const stdout = new PassThrough();
  let exitCode = 0;
  const context: CliContext = {
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    stderr: new PassThrough(),
    env: {},
    cwd,
    home: cwd,
    signal: new AbortController().signal,
    onInterrupt: () => () => {},
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  let error: unknown;
  try {
    await createProgram(context, "1.2.3").run(["dockerfile", ...words]);
  } catch (thrown) {
    error = thrown;
  }
  stdout.end();
  return { stdout: await readText(stdout), exitCode, error };
}

test("parse prints stages, instructions, ranges, flags and arguments", async () => {
  const { stdout, error } = await run(["parse"]);
  expect(error).toBeUndefined();
  expect(stdout).toBe(
    [
      "escape: \\",
      "global ARGs",
      "   1  1:1-1:8  ARG",
      "        pair V=1",
      "stage 0 b 2:1-6:10",
      "   2  2:1-2:15  FROM",
      '        image "a:$V"',
      '        alias "b"',
      "   3  3:1-5:2  COPY",
      "        flag --from=c 3:6-3:14",
      '        source "x"',
      '        heredoc E "hi\\n"',
      '        destination "/y/"',
      '        from "c"',
      "   4  6:1-6:10  RUN",
      '        exec ["z"]',
      "",
    ].join("\n"),
  );
});

test("parse --json prints the model, from standard input too, byte order mark included", async () => {
  const { stdout } = await run(["parse", "-", "--json"], "\ufeffFROM a\r\n");
  expect(JSON.parse(stdout)).toMatchObject({
    text: "\ufeffFROM a\r\n",
    stages: [{ from: { image: "a", range: { start: { line: 1, column: 2, offset: 1 } } }, instructions: [] }],
    problems: [],
  });
});

test("parse prints what it understood, and fails with every syntax error", async () => {
  const { stdout, error } = await run(["parse", "bad"]);
  expect(stdout).toContain("MAINTAINER");
  expect(error).toMatchObject({
    code: "DOCKERFILE_INVALID",
    exitCode: 1,
    message: expect.stringMatching(/bad:2:1: error: unknown instruction: RNU.*bad:4:5: error: ENV must have two/s),
  });
});

test("check prints errors and warnings with snippets, and exits with 1 for errors", async () => {
  const { stdout, exitCode } = await run(["check", "bad"]);
  expect(stdout).toContain("bad:2:1: error: unknown instruction: RNU (unknown-instruction)\n   2  | RNU b\n");
  expect(stdout).toContain("bad:3:1: warning: Maintainer instruction is deprecated");
  expect(exitCode).toBe(1);
});

test("check is silent about a good file, and a warning alone is no failure", async () => {
  expect(await run(["check"])).toEqual({ stdout: "", exitCode: 0, error: undefined });
  const { stdout, exitCode } = await run(["check", "--json", "-"], "FROM a\nCMD b\n");
  expect(JSON.parse(stdout)).toMatchObject([{ severity: "warning", rule: "JSONArgsRecommended" }]);
  expect(exitCode).toBe(0);
});

test("check --target names a stage that must be there", async () => {
  const { stdout, exitCode } = await run(["check", "--target", "bb"]);
  expect(stdout).toContain('target stage "bb" could not be found');
  expect(exitCode).toBe(1);
});

test("a file that is not there is named", async () => {
  const { error } = await run(["check", "nothing"]);
  expect(error).toMatchObject({ code: "DOCKERFILE_MISSING", message: expect.stringContaining("cannot read nothing") });
});

test("expand prints the word, the words or all of it", async () => {
  const word = "${A:-x}-$B";
  expect((await run(["expand", word, "--env", "B=1  2"])).stdout).toBe("x-1  2\n");
  expect((await run(["expand", word, "-e", "B=1  2", "-e", "A=y", "--words"])).stdout).toBe("y-1\n2\n");
  expect(JSON.parse((await run(["expand", word, "--json", "-e", "B=1"])).stdout)).toEqual({
    text: "x-1",
    words: ["x-1"],
    matched: ["B"],
    unmatched: ["A"],
  });
  expect((await run(["expand", "`$A\\", "--escape", "`"])).stdout).toBe("$A\\\n");
});

test("expand fails with the reason", async () => {
  expect((await run(["expand", "${A"])).error).toMatchObject({
    code: "EXPANSION_FAILED",
    exitCode: 1,
    message: "failed to process \"${A\": syntax error: missing '}'",
  });
  expect((await run(["expand", "x", "--env", "A"])).error).toMatchObject({ code: "USAGE", exitCode: 2 });
});
