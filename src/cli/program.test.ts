import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import type { CliContext } from "./context.ts";
import { createProgram } from "./program.ts";

async function run(...words: string[]) {
  let stdout = "";
  const collect = new Writable({
    write(chunk, _, done) {
      stdout += chunk;
      done();
    },
  });
  const context: CliContext = {
    stdin: new PassThrough(),
    stdout: collect,
    stderr: new PassThrough(),
    env: {},
    cwd: "/",
    home: "/",
    signal: new AbortController().signal,
    onInterrupt: () => () => {},
    setExitCode: () => {},
  };
  await createProgram(context, "1.2.3").run(words);
  return stdout;
}

test("no words, --help and help print the list of commands", async () => {
  const help = await run("--help");
  expect(help).toMatch(/^Usage: slipway .*\n\nA workbench/);
  expect(help).toContain("completion            Print a completion script for bash, zsh or fish");
  expect(await run()).toBe(help);
  expect(await run("help")).toBe(help);
});

test("help COMMAND is COMMAND --help", async () => {
  const help = await run("completion", "--help");
  expect(help).toContain("Usage: slipway completion [options] <shell>");
  expect(help).toContain("--host <address>");
  expect(await run("help", "completion")).toBe(help);
});

test("--version anywhere", async () => {
  expect(await run("--version")).toBe("1.2.3\n");
});

test.each([
  [["complation"], "unknown command 'complation'", "did you mean completion?"],
  [["zzz"], "unknown command 'zzz'", "see `slipway --help`"],
  [["--hots", "x"], "unknown option '--hots'", "did you mean --host?"],
  [["completion"], "missing required argument 'shell'", "see `slipway completion --help`"],
  [["completion", "--nothing"], "unknown option '--nothing'", "see `slipway completion --help`"],
  [["completion", "bash", "zsh"], "too many arguments for 'completion'. Expected 1 argument but got 2.", undefined],
  [["--host"], "option '-H, --host <address>' argument missing", undefined],
])("%j is refused", async (words, message, hint) => {
  await expect(run(...words)).rejects.toMatchObject({
    code: "USAGE",
    exitCode: 2,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
});
