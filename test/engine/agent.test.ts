import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  attachContainer,
  inspectContainer,
  killContainer,
  stopContainer,
  waitContainer,
} from "../../src/engine/containers.ts";
import type { Agent } from "../../src/session/agent/client.ts";
import { agentContainers, command, run, shell, start } from "./agent-container.ts";

const containers = agentContainers("agent");
let agent: Agent;

beforeAll(async () => {
  ({ agent } = await containers.start());
});
afterAll(containers.clean);

describe("exit", () => {
  test("the status of a command is its exit code", async () => {
    expect(await shell(agent, "exit 3")).toMatchObject({ exitCode: 3, leftBehind: [] });
  });

  test("a signal makes it 128 and the signal's number", async () => {
    expect(await shell(agent, "kill -9 $$")).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
  });

  test.each([
    ["nothing", "no-such", 127, 'exec: "no-such": executable file not found in $PATH'],
    ["a missing path", "/no/such", 127, 'exec: "/no/such": stat /no/such: no such file or directory'],
    ["a folder", "/etc", 126, 'exec: "/etc": is a directory'],
    ["a file that may not be run", "/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'],
    ["a file of no known format", "/tmp/garbage", 126, "exec /tmp/garbage: exec format error"],
    ["a missing interpreter", "/tmp/interpreted", 127, "exec /tmp/interpreted: no such file or directory"],
  ])("what cannot be run says so: %s", async (_, name, exitCode, error) => {
    await shell(agent, "echo x >/tmp/garbage; echo '#!/no/such' >/tmp/interpreted; chmod 755 /tmp/*");
    expect(await run(agent, [name])).toMatchObject({ exitCode, error });
  });
});

describe("a command", () => {
  test("is found in its own PATH, relative names from its folder", async () => {
    await shell(agent, "mkdir -p /opt/own; printf '#!/bin/sh\necho own' >/opt/own/tool; chmod 755 /opt/own/tool");
    expect((await run(agent, ["tool"], { env: ["PATH=/opt/own:/bin"] })).stdout).toBe("own\n");
    expect((await run(agent, ["./tool"], { cwd: "/opt/own" })).stdout).toBe("own\n");
  });

  test("gets its environment and nothing else but HOME", async () => {
    const { stdout } = await run(agent, ["/usr/bin/env"], { env: ["A=1", "B=two words"] });
    expect(stdout).toBe("A=1\nB=two words\nHOME=/root\n");
  });

  test("keeps a HOME that is given", async () => {
    expect((await run(agent, ["/usr/bin/env"], { env: ["HOME=/x"] })).stdout).toBe("HOME=/x\n");
  });

  test("runs in its folder, which is made when it is missing", async () => {
    expect((await shell(agent, "pwd; stat -c '%a %u' .", { cwd: "/made/for/it" })).stdout).toBe(
      "/made/for/it\n755 0\n",
    );
  });

  test("says why when it cannot be in its folder", async () => {
    await expect(shell(agent, "pwd", { cwd: "/etc/passwd" })).rejects.toMatchObject({
      code: "ENOTDIR",
      message: "mkdir /etc/passwd: not a directory",
    });
  });

  test("has a session of its own, umask 022, no input and no other descriptors", async () => {
    const { stdout } = await shell(
      agent,
      "umask; cat; ps -o sid= -p $$ 2>/dev/null || cut -d' ' -f6 /proc/$$/stat; echo $$; ls /proc/$$/fd",
    );
    const [umask, session, pid, ...fds] = stdout.trim().split("\n");
    expect(umask).toBe("0022");
    expect(session).toBe(pid);
    expect(fds).toEqual(["0", "1", "2"]);
  });

  test("keeps stdout and stderr apart and in order", async () => {
    const result = await shell(agent, "for i in 1 2 3 4 5; do echo o$i; sleep 0.02; echo e$i >&2; sleep 0.02; done");
    expect(result.stdout).toBe("o1\no2\no3\no4\no5\n");
    expect(result.stderr).toBe("e1\ne2\ne3\ne4\ne5\n");
    expect(result.output).toBe("o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\n");
  });

  test("finds its scripts, which are gone afterwards with their folders", async () => {
    const scripts = [{ path: "/made/scripts/EOF", content: "#!/bin/sh\necho ä\n", mode: 0o755 }];
    expect((await run(agent, ["/made/scripts/EOF"], { scripts })).stdout).toBe("ä\n");
    expect(await agent.stat(["/made/scripts"], false)).toEqual([undefined]);
  });
});

describe("users", () => {
  beforeAll(async () => {
    await shell(agent, "useradd -m -G audio,video bob; useradd -N -g users carol");
  });

  test.each([
    ["", "0 0 0 /root"],
    ["root", "0 0 0 /root"],
    ["nobody", "65534 65534 65534 /nonexistent"],
    ["bob", "1000 1000 1000 29 44 /home/bob"],
    ["1000", "1000 1000 1000 29 44 /home/bob"],
    ["bob:audio", "1000 29 29 /home/bob"],
    ["carol", "1001 100 100 /home/carol"],
    ["4321", "4321 0 0 /"],
    ["4321:5", "4321 5 5 /"],
    ["4321:audio", "4321 29 29 /"],
  ])("%j has the ids, groups and home that a build gives it", async (user, expected) => {
    expect((await shell(agent, "echo $(id -u) $(id -g) $(id -G) $HOME", { user })).stdout).toBe(`${expected}\n`);
  });

  test.each([
    ["nosuch", "NO_SUCH_USER", "unable to find user nosuch: no matching entries in passwd file"],
    ["bob:nosuch", "NO_SUCH_GROUP", "unable to find group nosuch: no matching entries in group file"],
    ["99999999999", "BAD_USER", "uids and gids must be in range 0-2147483647: 99999999999"],
  ])("%j is refused", async (user, code, message) => {
    await expect(shell(agent, "id", { user })).rejects.toMatchObject({ code, message });
    await expect(agent.lookup(user)).rejects.toMatchObject({ code, message });
  });

  test("are looked up", async () => {
    expect(await agent.lookup("bob")).toMatchObject({ uid: 1000, gid: 1000, groups: [29, 44], home: "/home/bob" });
  });

  test("other than root may open their own /dev/stdout", async () => {
    expect(await shell(agent, "echo out >/dev/stdout; echo err >/dev/stderr", { user: "bob" })).toMatchObject({
      exitCode: 0,
      stdout: "out\n",
      stderr: "err\n",
    });
  });
});

describe("input", () => {
  test("reaches the command, and its end too", async () => {
    const { Readable } = await import("node:stream");
    const stdin = Readable.from([Buffer.alloc(3_000_000, "x"), Buffer.from("y")]);
    expect((await run(agent, ["/usr/bin/wc", "-c"], {}, { stdin })).stdout.trim()).toBe("3000001");
  });

  test("that nobody reads delays nothing", async () => {
    const { Readable } = await import("node:stream");
    const stdin = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1 << 16);
      })(),
    );
    expect(await shell(agent, "sleep 0.1; echo done", {}, { stdin })).toMatchObject({ exitCode: 0, stdout: "done\n" });
  });
});

describe("much output", () => {
  test("of 1 GB passes without growth of the agent", async () => {
    let bytes = 0;
    const onOutput = (_: string, chunk: Uint8Array) => {
      bytes += chunk.length;
    };
    const result = await agent.run(command(["/usr/bin/head", "-c", "1000000000", "/dev/zero"]), { onOutput });
    expect(result.exitCode).toBe(0);
    expect(bytes).toBe(1_000_000_000);
    const { stdout } = await shell(agent, "sed -n 's/VmHWM: *\\([0-9]*\\) kB/\\1/p' /proc/1/status");
    expect(Number(stdout)).toBeLessThan(8000);
  });

  test("that nobody takes leaves the agent responsive to signals", async () => {
    let begin = () => {};
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const abort = new AbortController();
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const onOutput = () => {
      begin();
      return held;
    };
    const running = agent.run(command(["/usr/bin/yes"]), { onOutput, signal: abort.signal });
    await begun;
    abort.abort();
    // The signal arrives while the output is stuck: what comes after the release is what was in the pipes.
    await sleep(300);
    release();
    expect(await running).toMatchObject({ exitCode: 130, signal: "SIGINT" });
  });
});

describe("signals", () => {
  test("an abort interrupts the whole process group", async () => {
    const abort = new AbortController();
    const script = "trap 'echo caught; exit 5' INT; (trap 'echo child' INT; sleep 60 & wait) & echo ready; wait";
    const onOutput = (_: string, chunk: Uint8Array) => {
      output += Buffer.from(chunk).toString();
      if (output.includes("ready")) abort.abort();
    };
    let output = "";
    const result = await agent.run(command(["/bin/bash", "-mc", script]), { onOutput, signal: abort.signal });
    expect(result.exitCode).toBe(5);
    expect(output).toContain("caught");
  });

  test("a kill ends what ignores interrupts", async () => {
    const kill = new AbortController();
    const onOutput = () => kill.abort();
    const result = await agent.run(command(["/bin/sh", "-c", "trap '' INT; echo ready; while :; do sleep 1; done"]), {
      onOutput,
      kill: kill.signal,
    });
    expect(result).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
  });
});

describe("processes that are left behind", () => {
  test("end with the command and are reported", async () => {
    const result = await shell(
      agent,
      "sleep 61 & setsid sleep 62 & (setsid sh -c 'sleep 63 & sleep 64' &) ; sleep 0.1; echo out",
    );
    expect(result).toMatchObject({ exitCode: 0, stdout: "out\n" });
    expect(result.leftBehind.map((process) => process.command)).toEqual(
      expect.arrayContaining(["sleep 61", "sleep 62", "sleep 63", "sleep 64"]),
    );
    expect((await shell(agent, "grep -l sleep /proc/[0-9]*/comm")).stdout).toBe("");
  });

  test("of another command that runs meanwhile are let alone", async () => {
    const release = new AbortController();
    let started = () => {};
    const ready = new Promise<void>((resolve) => {
      started = resolve;
    });
    const other = agent.run(command(["/bin/sh", "-c", "setsid sleep 65 & echo ready; wait"]), {
      onOutput: () => started(),
      kill: release.signal,
    });
    await ready;
    expect((await shell(agent, "sleep 66 & sleep 0.05")).leftBehind.map(({ command }) => command)).toEqual([
      "sleep 66",
    ]);
    expect((await shell(agent, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).stdout).toContain("sleep 65");
    release.abort();
    expect((await other).leftBehind.map(({ command }) => command)).toEqual(["sleep 65"]);
  });

  test("stay where they are to be kept, until quiet", async () => {
    let output = "";
    const onOutput = (_: string, chunk: Uint8Array) => {
      output += Buffer.from(chunk).toString();
    };
    const kept = command(["/bin/sh", "-c", "(sleep 0.3; echo later; exec sleep 67) & echo first"], {
      leftovers: "keep",
    });
    expect(await agent.run(kept, { onOutput })).toMatchObject({ exitCode: 0, leftBehind: [] });
    expect((await shell(agent, "sleep 0.6; grep -l sleep /proc/[0-9]*/comm | wc -l")).stdout).toBe("1\n");
    expect(output).toBe("first\nlater\n");
    await agent.quiet();
    expect((await shell(agent, "grep -l sleep /proc/[0-9]*/comm | wc -l")).stdout).toBe("0\n");
  });
});

describe("a terminal", () => {
  const terminal = { rows: 30, columns: 90 };

  test("has a size, belongs to the user and controls the command", async () => {
    const { stdout } = await shell(agent, "tty; stty size; stat -c %U $(tty); echo x >/dev/tty", {
      terminal,
      user: "bob",
    });
    expect(stdout).toBe("/dev/pts/0\r\n30 90\r\nbob\r\nx\r\n");
  });

  test("takes keys and new sizes", async () => {
    const { PassThrough } = await import("node:stream");
    const stdin = new PassThrough();
    let output = "";
    async function* sizes() {
      await resized;
      yield { rows: 11, columns: 22 };
    }
    let resize = () => {};
    const resized = new Promise<void>((done) => {
      resize = done;
    });
    const onOutput = (_: string, chunk: Uint8Array) => {
      output += Buffer.from(chunk).toString();
      if (output.endsWith("ready\r\n")) resize();
      // Once: the terminal drops what was printed when a second one comes.
      if (output.endsWith("11 22\r\n")) stdin.write("\x03");
    };
    const script = "trap 'stty size' WINCH; trap 'echo int; exit 4' INT; echo ready; while :; do sleep 0.05; done";
    const result = await agent.run(command(["/bin/bash", "-c", script], { terminal }), {
      onOutput,
      stdin,
      resize: sizes(),
    });
    expect(result.exitCode).toBe(4);
    expect(output).toContain("int\r\n");
  });
});

describe("an interactive shell that is recorded", () => {
  async function type(argv: string[], lines: string[], env: string[] = []) {
    const { PassThrough } = await import("node:stream");
    const stdin = new PassThrough();
    const commands: [string, number][] = [];
    const workdirs: string[] = [];
    const more = { terminal: { rows: 24, columns: 80 }, record: true, env: [...command([]).env, "TERM=xterm", ...env] };
    let next = 0;
    // Each line is typed when a prompt stands there.
    const onOutput = (_: string, chunk: Uint8Array) => {
      if (/[#$] (\x1b\[\?2004h)?$/.test(Buffer.from(chunk).toString()) && next < lines.length)
        stdin.write(lines[next++]);
    };
    const result = await agent.run(command(argv, more), {
      onOutput,
      stdin,
      onCommand: ({ command, workdir, exitCode }) => {
        commands.push([command, exitCode]);
        workdirs.push(workdir);
      },
    });
    return { result, commands, workdirs };
  }

  test("tells bash's command lines as its history has them", async () => {
    const argv = ["/bin/bash", "--rcfile", "/dev/slipway/shell/bashrc", "-i"];
    const { commands } = await type(argv, [
      "true\r",
      "\r",
      "(exit 3)\r",
      "for i in 1; do\rfalse\rdone\r",
      " echo  x\r",
      "exit\r",
    ]);
    expect(commands).toEqual([
      ["true", 0],
      ["(exit 3)", 3],
      ["for i in 1; do false; done", 1],
      [" echo  x", 0],
    ]);
    expect(await agent.stat(["/root/.bash_history"], false)).toEqual([undefined]);
  });

  test("tells where each command was given", async () => {
    const bash = ["/bin/bash", "--rcfile", "/dev/slipway/shell/bashrc", "-i"];
    const sh = ["/bin/sh", "-i"];
    for (const [argv, env] of [[bash, []] as const, [sh, ["ENV=/dev/slipway/shell/shrc"]] as const]) {
      const { workdirs } = await type([...argv], ["cd /tmp\r", "cd /usr/lib\r", "true\r", "exit\r"], [...env]);
      expect(workdirs).toEqual(["/", "/tmp", "/usr/lib"]);
    }
  });

  test("tells what was typed into a plain sh", async () => {
    const lines = ["true\r", "\r", "(exit 3)\r", "ech\x7f\x7f\x7ffalsÄ\x7fe\r", "exit\r"];
    const { commands } = await type(["/bin/sh", "-i"], lines, ["ENV=/dev/slipway/shell/shrc"]);
    expect(commands).toEqual([
      ["true", 0],
      ["(exit 3)", 3],
      ["false", 1],
    ]);
  });
});

describe("the container", () => {
  test("ends at docker stop with its commands", async () => {
    const one = await containers.start();
    const { running, started } = start(one.agent, "echo; exec sleep 70");
    await started;
    const exited = waitContainer(containers.engine, one.id);
    await Promise.all([running, stopContainer(containers.engine, one.id, { seconds: 60 })]);
    expect(await running).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
    expect((await exited).exitCode).toBe(0);
  });

  test("that is killed fails what runs and what comes", async () => {
    const one = await containers.start();
    const { running, started } = start(one.agent, "echo; exec sleep 70");
    const ended = Promise.allSettled([running]);
    await started;
    await killContainer(containers.engine, one.id);
    expect(await ended).toMatchObject([{ status: "rejected", reason: { code: "AGENT_GONE" } }]);
    await expect(shell(one.agent, "true")).rejects.toMatchObject({ code: "AGENT_GONE" });
  });

  test("ends at shutdown", async () => {
    const one = await containers.start();
    await one.agent.shutdown();
    await waitContainer(containers.engine, one.id);
    expect((await inspectContainer(containers.engine, one.id))?.state.exitCode).toBe(0);
  });

  test("goes on without its client and answers the next one", async () => {
    const one = await containers.start();
    const { running, started } = start(one.agent, "exec yes");
    const failure = expect(running).rejects.toMatchObject({ code: "AGENT_GONE" });
    await started;
    await one.agent[Symbol.asyncDispose]();
    await failure;
    const next = await one.attach();
    expect(next.running).toEqual([{ id: 1, argv: ["/bin/sh", "-c", "exec yes"] }]);
    await next.quiet();
    expect((await shell(next, "echo here")).stdout).toBe("here\n");
    await next.shutdown();
  });

  test("outlives a client that sends garbage", async () => {
    const one = await containers.start();
    const stray = await attachContainer(containers.engine, one.id);
    const { running, started } = start(one.agent, "echo; exec sleep 1");
    const failure = expect(running).rejects.toMatchObject({ code: "BAD_FRAME" });
    await started;
    stray.stdin.write("this is no frame");
    await failure;
    stray.close();
    const next = await one.attach();
    expect((await shell(next, "echo here")).stdout).toBe("here\n");
    await next.shutdown();
  });
});
