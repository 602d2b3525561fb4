import { chmod, readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import {
  ask,
  listChildren,
  readLines,
  readProcess,
  run,
  signal,
  supervise,
  temporaryFolder,
  until,
} from "./supervised.ts";

const control = (folder: { file(name: string): string }) => `[circus]\nendpoint = ${folder.file("control")}\n`;

async function childrenOf(pid: number, count: number): Promise<number[]> {
  return until(async () => {
    const children = await listChildren(pid);
    return children.length === count && children;
  }, `${count} children`);
}

describe("processes of a watcher", () => {
  test("start as many as are wanted, each in a session of its own, and stop with the supervisor", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sleep 1000\nnumprocesses = 3\n`,
    );
    const pids = await childrenOf(running.pid, 3);
    for (const pid of pids) {
      // A child is there a moment before it has a session.
      const own = async () => (await readProcess(pid))?.session === pid;
      await until(own, "a session of its own");
      expect(await readProcess(pid)).toMatchObject({ group: pid, session: pid });
    }
    running.kill("SIGTERM");
    expect(await running.ended).toEqual({ code: 0, signal: null });
    for (const pid of pids) expect(await readProcess(pid)).toBeUndefined();
  });

  test("are replaced when they die, under the number that became free", async () => {
    await using folder = await temporaryFolder();
    const cmd = `sh -c "echo $(circus.wid) >> ${folder.file("wids")}; exec sleep 1000"`;
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = ${cmd}\ncopy_env = True\nnumprocesses = 2\n`,
    );
    const [first] = await childrenOf(running.pid, 2);
    await until(async () => (await readLines(folder.file("wids"))).length === 2, "both started");
    signal(first!, "SIGKILL");
    await until(async () => (await readLines(folder.file("wids"))).length === 3, "a third started");
    const wids = await readLines(folder.file("wids"));
    expect([...wids].sort()).toEqual(wids[2] === "1" ? ["1", "1", "2"] : ["1", "2", "2"]);
    expect(await listChildren(running.pid)).not.toContain(first);
  });

  test("get their environment, folder, limits, umask and user as the file says", async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o777);
    const script = `(env; pwd; ulimit -n; umask; id -u; id -g; id -G) > ${folder.file("told")}; mv ${folder.file("told")} ${folder.file("all")}; sleep 1000`;
    await writeFile(folder.file("script"), script);
    await using running = await supervise(
      folder,
      `[circus]
endpoint = ${folder.file("control")}
umask = 027
[watcher:one]
cmd = /bin/sh ${folder.file("script")}
working_dir = ${folder.path}
rlimit_nofile = 321
uid = nobody
gid = users
[env:one]
COLOR = blue
`,
      { env: { PATH: process.env.PATH, SECRET: "not copied" } },
    );
    const lines = await until(async () => {
      const found = await readLines(folder.file("all"));
      return found.length > 0 && found;
    }, "the process told all");
    expect(lines).toContain("COLOR=blue");
    expect(lines.join("\n")).not.toContain("not copied");
    const gid = (await readLines("/etc/group")).find((line) => line.startsWith("users:"))!.split(":")[2];
    expect(lines.slice(-6)).toEqual([folder.path, "321", "0027", "65534", gid, expect.stringMatching(`^${gid}\\b`)]);
    expect(running.errors()).not.toContain("error");
  });

  test("that ignore the stop signal are killed with all that they started", async () => {
    await using folder = await temporaryFolder();
    const stubborn = `trap "" TERM; setsid sleep 1000 & echo $! > ${folder.file("child")}; while :; do sleep 0.1; done`;
    await writeFile(folder.file("script"), stubborn);
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sh ${folder.file("script")}\ncopy_env = True\ngraceful_timeout = 0.3\n`,
    );
    const [child] = await until(async () => {
      const found = await readLines(folder.file("child"));
      return found.length > 0 && found;
    }, "the child of the child");
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(await readProcess(Number(child))).toBeUndefined();
  });

  test("that are stopped by a signal hang nothing", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sleep 1000\ngraceful_timeout = 0.5\n`,
    );
    await running.saw("web started");
    const [pid] = await childrenOf(running.pid, 1);
    signal(pid!, "SIGSTOP");
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });

  test("that cannot be started are told, and given up after max_retry", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = no-such-program\nmax_retry = 2\n[watcher:other]\ncmd = sleep 1000\n`,
    );
    await running.saw("web cannot be started and is given up");
    expect(running.errors().match(/error in 'web': exec: "no-such-program": executable file not found/g)).toHaveLength(
      2,
    );
    expect(await ask(folder.file("control"), "status")).toMatchObject({
      statuses: { other: "active", web: "stopped" },
    });
  });

  test("that flap are paused and given up as circus's plugin does it", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `[circus]
endpoint = ${folder.file("control")}
check_delay = 0.1
[watcher:web]
cmd = false
copy_env = True
[plugin:flapping]
use = circus.plugins.flapping.Flapping
retry_in = 0.2
max_retry = 1
`,
    );
    await running.saw("web: flapping detected: retry in 0.2s (attempt number 1)");
    await running.saw("web: flapping detected: reached max retry limit");
    expect(await ask(folder.file("control"), "status", { name: "web" })).toMatchObject({ status: "stopped" });
  });

  test("live for max_age", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sleep 1000\nmax_age = 1\nmax_age_variance = 0\n`,
    );
    const [first] = await childrenOf(running.pid, 1);
    await until(async () => {
      const children = await listChildren(running.pid);
      return children.length === 1 && children[0] !== first;
    }, "the process is replaced");
  });

  test("start and stop as the control commands say", async () => {
    await using folder = await temporaryFolder();
    const endpoint = folder.file("control");
    await using running = await supervise(folder, `${control(folder)}[watcher:web]\ncmd = sleep 1000\n`);
    const [first] = await childrenOf(running.pid, 1);
    await ask(endpoint, "incr", { name: "web", nb: 2, waiting: true });
    expect(await listChildren(running.pid)).toHaveLength(3);
    await ask(endpoint, "decr", { name: "web", nb: 2, waiting: true });
    expect(await listChildren(running.pid)).not.toContain(first);
    const [second] = await childrenOf(running.pid, 1);
    await ask(endpoint, "reload", { name: "web", waiting: true });
    const [third] = await childrenOf(running.pid, 1);
    expect(third).not.toBe(second);
    await ask(endpoint, "reload", { name: "web", sequential: true, waiting: true });
    const [fourth] = await childrenOf(running.pid, 1);
    expect(fourth).not.toBe(third);
    await ask(endpoint, "stop", { name: "web", waiting: true });
    expect(await listChildren(running.pid)).toEqual([]);
    await ask(endpoint, "start", { name: "web", waiting: true });
    await childrenOf(running.pid, 1);
    await ask(endpoint, "set", { name: "web", options: { cmd: "sleep 2000" }, waiting: true });
    const [fifth] = await childrenOf(running.pid, 1);
    // Empty while it becomes another program.
    const commandLine = await until(() => readFile(`/proc/${fifth}/cmdline`, "utf8"), "a command line");
    expect(commandLine).toBe("sleep\x002000\0");
    expect(await ask(endpoint, "quit", { waiting: true })).toMatchObject({ status: "ok" });
    expect((await running.ended).code).toBe(0);
  });

  test("reloadconfig changes only what changed", async () => {
    await using folder = await temporaryFolder();
    const ini = (web: string, others: string) =>
      `${control(folder)}[watcher:kept]\ncmd = sleep 1000\n[watcher:web]\n${web}\n${others}`;
    await using running = await supervise(
      folder,
      ini("cmd = sleep 1000\nnumprocesses = 1", "[watcher:gone]\ncmd = sleep 1000"),
    );
    const before = await childrenOf(running.pid, 3);
    const pidsOf = async (name: string) => (await ask(folder.file("control"), "list", { name })).pids as number[];
    const [kept, web] = [await pidsOf("kept"), await pidsOf("web")];
    await writeFile(
      folder.file("circus.ini"),
      ini("cmd = sleep 1000\nnumprocesses = 2", "[watcher:new]\ncmd = sleep 1000"),
    );
    await ask(folder.file("control"), "reloadconfig", { waiting: true });
    expect(await pidsOf("kept")).toEqual(kept);
    expect((await pidsOf("web")).slice(0, 1)).toEqual(web);
    expect(await pidsOf("web")).toHaveLength(2);
    expect(before).not.toContain((await pidsOf("new"))[0]);
    expect(await ask(folder.file("control"), "status", { name: "gone" })).toMatchObject({ status: "error" });
    await writeFile(folder.file("circus.ini"), "[watcher:broken]\nnumprocesses = many\n");
    expect(await ask(folder.file("control"), "reloadconfig", { waiting: true })).toMatchObject({ status: "error" });
    expect(await pidsOf("kept")).toEqual(kept);
  });
});

describe("hooks", () => {
  const hooked = (folder: { file(name: string): string }, hooks: string) =>
    `${control(folder)}[watcher:web]\ncmd = sleep 1000\ngraceful_timeout = 0.5\n${hooks}\n`;

  test("are run at their times with what they are about", async () => {
    await using folder = await temporaryFolder();
    const names = [
      "before_start",
      "after_start",
      "before_spawn",
      "after_spawn",
      "before_stop",
      "after_stop",
      "before_signal",
      "after_signal",
      "after_reap",
    ];
    const script = folder.file("hook");
    await writeFile(
      script,
      `#!/bin/sh\necho "$CIRCUS_HOOK $CIRCUS_WATCHER \${CIRCUS_PID:+pid} $CIRCUS_SIGNUM" >> ${folder.file("calls")}\n`,
    );
    await chmod(script, 0o755);
    await using running = await supervise(
      folder,
      hooked(folder, names.map((name) => `hooks.${name} = ${script}`).join("\n")),
    );
    await running.saw("web started");
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    const calls = (await readLines(folder.file("calls"))).map((line) => line.trim());
    expect(calls).toEqual([
      "before_start web",
      "before_spawn web",
      "after_spawn web pid",
      "after_start web",
      "before_stop web",
      "before_signal web pid 15",
      ...calls.slice(6, 8),
      "after_stop web",
    ]);
    expect(calls.slice(6, 8).sort()).toEqual(["after_reap web pid", "after_signal web pid 15"]);
  });

  test.each([
    ["before_start", "false", "stopped"],
    ["before_start", "false,true", "stopped"],
    ["before_start", "/nowhere", "stopped"],
    ["before_start", "/nowhere,true", "active"],
    ["before_spawn", "false", "stopped"],
    ["after_spawn", "false", "stopped"],
    ["after_start", "false", "stopped"],
  ])("%s = %s leaves the watcher %s", async (name, hook, status) => {
    await using folder = await temporaryFolder();
    await using running = await supervise(folder, hooked(folder, `hooks.${name} = ${hook}`));
    await running.saw(/Arbiter now waiting/);
    const answer = () => ask(folder.file("control"), "status", { name: "web" });
    await until(async () => (await answer()).status === status, `status ${status}`);
    if (status === "stopped") await until(async () => (await listChildren(running.pid)).length === 0, "no process");
  });

  test("that hang are killed, and hang nothing", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(folder, hooked(folder, "hooks.before_stop = sleep 1000"));
    await running.saw("web started");
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(running.errors()).toContain("Hook 'before_stop' failed: it took longer than 0.5 s");
  });
});

describe("the command line", () => {
  test("--check tells all mistakes and runs nothing", async () => {
    await using folder = await temporaryFolder();
    const ini = "[watcher:a]\nnumprocesses = x\n[watcher:b]\ncmd = sleep 1\nuse_sockets = perhaps\n";
    await using checked = await supervise(folder, ini, { args: ["--check"] });
    expect((await checked.ended).code).toBe(1);
    expect(checked.output()).toMatch(/circus\.ini:2: error: /);
    expect(checked.output()).toMatch(/circus\.ini:5: error: /);
  });

  test("a file with mistakes runs nothing and says why", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(folder, "[watcher:a]\nnumprocesses = x\n");
    expect((await running.ended).code).toBe(1);
    expect(running.errors()).toContain("circus.ini:2: error:");
    await using missing = run([folder.file("none.ini")]);
    expect((await missing.ended).code).toBe(1);
    expect(missing.errors()).toContain("none.ini");
  });

  test("a pidfile is written and removed; one of a living process is respected", async () => {
    await using folder = await temporaryFolder();
    const ini = `${control(folder)}[watcher:web]\ncmd = sleep 1000\n`;
    const args = ["--pidfile", folder.file("pid"), "--log-level", "debug", "--log-output", folder.file("log")];
    await using running = await supervise(folder, ini, { args });
    await childrenOf(running.pid, 1);
    expect(await readLines(folder.file("pid"))).toEqual([String(running.pid)]);
    await using second = await supervise(folder, ini, { args });
    expect((await second.ended).code).toBe(1);
    expect(second.errors()).toContain(`already running on pid ${running.pid}`);
    running.kill("SIGTERM");
    await running.ended;
    expect(await readLines(folder.file("pid"))).toEqual([]);
    expect((await readFile(folder.file("log"), "utf8")).includes("[DEBUG] running web process [pid ")).toBe(true);
    expect(running.errors()).toBe("");
  });
});
