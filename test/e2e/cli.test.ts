import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { program, slipway } from "./program.ts";
import { startInTerminal } from "./terminal.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

test.each([["--version"], ["-v"]])("%s", async (word) => {
  expect(await slipway([word])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help lists every command with its summary", async () => {
  const { exitCode, stdout, stderr } = await slipway(["--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const { name, summary } of commands) expect(stdout).toMatch(new RegExp(`^ {2}${name} +${summary}$`, "m"));
});

test.each(commands.map(({ name }) => [name]))("%s --help is complete", async (name) => {
  await checkHelp([name]);
});

/** Usage, a description for everything, and examples; of a group, that for each of its commands. */
async function checkHelp(path: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await slipway([...path, "--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`^Usage: slipway ${path.join(" ")}`));
  expect(stdout).toContain("--host <address>");
  // Beside the term, or on the next line where the term is long.
  const lines = stdout.split("\n");
  const terms = lines.flatMap((line, index) => (/^ {2}-/.test(line) ? [{ line, next: lines[index + 1] ?? "" }] : []));
  const bare = terms.filter(({ line, next }) => !/^ {2}-\S.* {2}\S/.test(line) && !/^ {6}/.test(next));
  expect(bare).toEqual([]);
  const children = /\nCommands:\n((?: {2}.*\n)+)/.exec(stdout)?.[1]?.match(/^ {2}[\w-]+/gm) ?? [];
  if (children.length === 0) expect(stdout).toContain("\nExamples:\n");
  for (const child of children) if (child.trim() !== "help") await checkHelp([...path, child.trim()]);
}

test("help COMMAND is COMMAND --help", async () => {
  expect((await slipway(["help", "hack"])).stdout).toBe((await slipway(["hack", "--help"])).stdout);
});

test("an unknown command is named, with the nearest one", async () => {
  expect(await slipway(["complation", "bash"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "slipway: unknown command 'complation'\nhint: did you mean completion?\n",
  });
});

test("an unknown option is named, with the nearest one", async () => {
  expect(await slipway(["completion", "--hosst", "x", "bash"])).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "slipway: unknown option '--hosst'\nhint: did you mean --host?\n",
  });
});

test("errors are red on a terminal, and not with NO_COLOR", async () => {
  const raw = async (env: Record<string, string>) => {
    using terminal = startInTerminal(["nonsense"], { env });
    expect(await terminal.expect(/hint: .*\n/)).toContain("slipway: unknown command 'nonsense'");
    expect(await terminal.exited).toBe(2);
  };
  await raw({});
  await raw({ NO_COLOR: "1" });
  const forced = await slipway(["nonsense"], { env: { FORCE_COLOR: "1" } });
  expect(forced.stderr).toContain("\u001b[31mslipway:");
});

test("a reader that goes away is no error", async () => {
  const child = spawn("sh", ["-c", `"${process.execPath}" "${program}" completion bash | head -c 1`], {
    stdio: "pipe",
  });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  expect(stderr).toBe("");
});

test.each([["bash"], ["zsh"], ["fish"]])("the completion script for %s is understood by it", async (shell) => {
  const { exitCode, stdout } = await slipway(["completion", shell]);
  expect(exitCode).toBe(0);
  for (const { name } of commands) expect(stdout).toContain(name);
  const folder = await mkdtemp(join(tmpdir(), "slipway-completion-"));
  const file = join(folder, `slipway.${shell}`);
  await writeFile(file, stdout);
  const checked = spawnSync(shell, ["-n", file], { encoding: "utf8" });
  await rm(folder, { recursive: true });
  // A shell that is not installed here can't tell.
  if (checked.error === undefined) expect(checked.stderr).toBe("");
});

test("bash offers commands, options and choices", async () => {
  const { stdout } = await slipway(["completion", "bash"]);
  const offer = (line: string) => {
    const words = line.split(" ");
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _slipway; echo "\${COMPREPLY[*]}"`;
    return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split(" ");
  };
  expect(offer("slipway comp")).toEqual(["completion"]);
  expect(offer("slipway completion ")).toEqual(expect.arrayContaining(["bash", "zsh", "fish", "--help", "--host"]));
  expect(offer("slipway --debug completion f")).toEqual(["fish"]);
});
