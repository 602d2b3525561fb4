import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listChildren, program, readProcess, run, temporaryFolder, until } from "./supervised.ts";

const shell = (script: string) => ["--", "/bin/sh", "-c", script];

describe("a single command, held to what tini's and dumb-init's tests ask of them", () => {
  test.each([0, 1, 7, 143, 255])("gives its status %i on", async (status) => {
    await using command = run(shell(`exit ${status}`));
    expect(await command.ended).toEqual({ code: status, signal: null });
  });

  test.each([
    ["TERM", 143],
    ["KILL", 137],
    ["SEGV", 139],
  ])("says 128+n when SIG%s ended it", async (signal, status) => {
    await using command = run(shell(`kill -${signal} $$`), { isolated: true });
    expect((await command.ended).code).toBe(status);
  });

  test("says 127 for a command that is not there and 126 for one that cannot be run", async () => {
    await using missing = run(["--", "/nowhere/to-be-found"]);
    expect((await missing.ended).code).toBe(127);
    expect(missing.errors()).toContain("/nowhere/to-be-found: no such file or directory");
    await using forbidden = run(["--", "/etc/passwd"]);
    expect((await forbidden.ended).code).toBe(126);
  });

  // Not KILL and STOP, which nobody can take.
  const forwarded = ["HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "CONT", "WINCH", "ALRM", "PIPE"] as const;
  test.each(forwarded)("passes SIG%s on", async (name) => {
    await using folder = await temporaryFolder();
    const file = folder.file("got");
    // The waiting is the shell's own, so that the trap runs at once.
    const script = `trap 'echo got ${name}; exit 42' ${name}; echo ready; while :; do read line < ${file}; done`;
    spawnSync("mkfifo", [file]);
    await using command = run(shell(script));
    await command.saw("ready");
    command.kill(`SIG${name}`);
    expect((await command.ended).code).toBe(42);
    expect(command.output()).toContain(`got ${name}`);
  });

  test("leaves signals of the command as they are: none blocked, none ignored", async () => {
    await using command = run(["--", "/bin/cat", "/proc/self/status"]);
    await command.ended;
    const masks = Object.fromEntries(
      [...command.output().matchAll(/^Sig(Blk|Ign|Cgt):\t(\w+)$/gm)].map((m) => [m[1], m[2]]),
    );
    expect(BigInt(`0x${masks.Blk}`)).toBe(0n);
    // What this test's own parent ignores is inherited.
    const own = run(["--", "/bin/true"]);
    await own.ended;
    expect(BigInt(`0x${masks.Cgt}`)).toBe(0n);
    expect(BigInt(`0x${masks.Ign}`) & ~(1n << 12n)).toBe(0n);
  });

  test.each([true, false])("collects orphans and keeps no zombie (PID 1: %s)", async (isolated) => {
    const orphans = 'for i in 1 2 3 4 5 6 7 8; do (setsid sh -c "sleep 0.2" &) ; done';
    await using command = run(shell(`${orphans}; echo ready; sleep 1.5; echo done; exec sleep 1000`), { isolated });
    await command.saw("ready");
    const init = isolated ? (await listChildren(command.pid))[0]! : command.pid;
    await until(async () => (await listChildren(init)).length > 1, "orphans become children");
    await command.saw("done");
    expect(await listChildren(init)).toHaveLength(1);
  });

  test("ends what the command leaves behind", async () => {
    await using folder = await temporaryFolder();
    const stubborn = `trap "" TERM HUP; echo $$ > ${folder.file("pid")}; while :; do sleep 0.1; done`;
    await using command = run(
      shell(`setsid sh -c '${stubborn}' & while ! [ -s ${folder.file("pid")} ]; do sleep 0.05; done; exit 3`),
    );
    expect((await command.ended).code).toBe(3);
    const { stdout } = spawnSync("cat", [folder.file("pid")], { encoding: "utf8" });
    expect(existsSync(`/proc/${stdout.trim()}`)).toBe(false);
  });

  test("gives the command a process group of its own, in our session", async () => {
    await using command = run(["--", "/bin/sleep", "1000"]);
    const [child] = await until(async () => {
      const children = await listChildren(command.pid);
      return children.length > 0 && children;
    }, "a child");
    const [own, facts] = await Promise.all([readProcess(command.pid), readProcess(child!)]);
    expect(facts).toMatchObject({ group: child, session: own!.session });
  });

  test("sends signals to the group with -g, to the command alone without", async () => {
    const waiting = (name: string) =>
      `sh -c 'trap "echo ${name} got it; exit" USR1; echo ${name} ready; while :; do sleep 0.05; done'`;
    const script = `trap "" USR1; ${waiting("child")} & while :; do sleep 0.05; done`;
    await using toGroup = run(["-g", "--", "/bin/sh", "-c", `trap ":" USR1; ${script.replace('trap "" USR1; ', "")}`]);
    await toGroup.saw("child ready");
    toGroup.kill("SIGUSR1");
    await toGroup.saw("child got it");
    await using alone = run([
      "--",
      "/bin/sh",
      "-c",
      `trap "echo parent got it" USR1; ${script.replace('trap "" USR1; ', "")}`,
    ]);
    await alone.saw("child ready");
    alone.kill("SIGUSR1");
    await alone.saw("parent got it");
    expect(alone.output()).not.toContain("child got it");
  });

  test("runs with standard input closed, and with all closed", () => {
    const script = `exec 0<&-; ${program} -- sh -c 'exit 9'`;
    expect(spawnSync("sh", ["-c", script]).status).toBe(9);
    expect(spawnSync("sh", ["-c", `exec 0<&- 1>&- 2>&-; ${program} -- sh -c 'exit 9'`]).status).toBe(9);
  });

  test("knows mistakes of its command line", () => {
    const wrong = (args: string[]) => {
      const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
      return `${status} ${stderr.split("\n")[0]}`;
    };
    expect(wrong([])).toBe("64 slipway-init: which FILE?");
    expect(wrong(["--"])).toBe("64 slipway-init: which command?");
    expect(wrong(["--wrong"])).toBe("64 slipway-init: unknown option --wrong");
    expect(wrong(["-g", "x.ini"])).toBe("64 slipway-init: -g needs a command behind --");
    expect(wrong(["--log-level", "loud", "x.ini"])).toBe(
      "64 slipway-init: no such log level: loud; debug, info, warning, error, critical",
    );
    expect(wrong(["--daemon", "x.ini"])).toContain("64 slipway-init: --daemon is not to be had");
  });
});
