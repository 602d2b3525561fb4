import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { program, slipway } from "./program.ts";
import { startInTerminal } from "./terminal.ts";

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-sessions-"));
  env = { XDG_STATE_HOME: join(folder, "state") };
  await writeFile(join(folder, "Dockerfile"), "FROM debian:bookworm\nRUN echo hello\nRUN touch /x\n");
});
afterAll(async () => {
  await slipway(["sessions", "rm", ...(await ids())], { env });
  await rm(folder, { recursive: true, force: true });
});

async function ids(): Promise<readonly string[]> {
  const { stdout } = await slipway(["sessions", "ls", "-q"], { env });
  return stdout.split("\n").filter((line) => line !== "");
}

async function begin(commands: string): Promise<string> {
  const { exitCode } = await slipway(["hack", folder], { env, input: commands });
  expect(exitCode).toBe(0);
  return (await ids())[0]!;
}

test("sessions are listed as docker's lists are, pruned after a plan, and removed", async () => {
  const plain = await begin("next 2\n");
  const worked = await begin("next 2\nrun touch /by-hand\n");
  const json = await slipway(["sessions", "--format", "json"], { env });
  const rows = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows).toMatchObject([
    { ID: worked, HandEdits: 1, Done: 2, Total: 3, State: "left", Last: "touch /by-hand" },
    { ID: plain, HandEdits: 0, Done: 2, Total: 3, State: "left", Last: "RUN echo hello" },
  ]);
  const filtered = await slipway(["sessions", "ls", "-f", `id=${plain}`, "--format", "{{.ID}} {{.State}}"], { env });
  expect(filtered.stdout).toBe(`${plain} left\n`);

  const plan = await slipway(["sessions", "prune"], { env });
  expect(plan.exitCode).toBe(1);
  expect(plan.stderr).toContain("nothing was removed");
  expect(plan.stdout).toMatch(new RegExp(`Sessions to remove.*\n  ${plain} `));
  expect(plan.stdout).toMatch(new RegExp(`These stay:\n  ${worked} .*holds a hand edit`));
  expect(await ids()).toEqual([worked, plain]);

  const removed = await slipway(["sessions", "rm", "nothing", plain], { env });
  expect(removed.exitCode).toBe(2);
  expect(removed.stderr).toContain("there is no session nothing");
  expect(removed.stdout).toMatch(new RegExp(`^Removed ${plain} \\(.*Dockerfile\\): 1 container, \\d images?\n$`));
  expect(await ids()).toEqual([worked]);
});

test("a session can be watched at a terminal, until it is removed", async () => {
  const id = await begin("next 1\n");
  using watcher = startInTerminal(["hack", "--resume", id, "--read-only", folder], { env });
  await watcher.expect(/\(slipway\) /);
  watcher.type("next\r");
  await watcher.expect(/this session is only watched\nhint: list, status/);
  const busy = await slipway(["hack", "--resume", id, folder], { env, input: "next\nquit\n" });
  expect(busy.exitCode).toBe(0);
  await watcher.expect(/\[2\/3\] RUN echo hello[\s\S]*hello/);
  watcher.type("list\r");
  await watcher.expect(/RUN touch/);
  await slipway(["sessions", "rm", id], { env });
  await watcher.expect(/the session was removed/);
  expect(await watcher.exited).toBe(0);
});

test("a session is resumed by its id anywhere, or by its folder; another name makes nothing", async () => {
  const id = await begin("next 1\n");
  const elsewhere = await slipway(["hack", "--resume", id], { env, cwd: tmpdir(), input: "quit\n" });
  expect(elsewhere.stderr).toBe("");
  expect(elsewhere.stdout).toContain(`Session ${id}, taken up again`);
  const byFolder = await slipway(["hack", "--resume", folder], { env, input: "quit\n" });
  expect(byFolder.stdout).toContain(`Session ${id}, taken up again`);
  const unknown = await slipway(["hack", "--resume", "nothing"], { env, input: "quit\n" });
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain("there is no session nothing");
  expect(await ids()).not.toContain("nothing");
});

test("ids are completed", async () => {
  const id = await begin("next 1\n");
  const { stdout: script } = await slipway(["completion", "bash"], { env });
  const complete = async (...words: string[]) => {
    const line = `${script}\nslipway() { ${process.execPath} ${program} "$@"; }
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _slipway; echo "\${COMPREPLY[@]}"`;
    return (await promisify(execFile)("bash", ["-c", line], { env: { ...process.env, ...env } })).stdout.trim();
  };
  expect(await complete("slipway", "sessions", "rm", id.slice(0, -2))).toBe(id);
  expect(await complete("slipway", "hack", "--resume", id.slice(0, -2))).toBe(id);
});
