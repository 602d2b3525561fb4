import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { ask, listChildren, program, readLines, supervise, temporaryFolder, until } from "./supervised.ts";

interface Folder {
  readonly path: string;
  file(name: string): string;
}

const circus = (folder: Folder, more = "") => `[circus]\nendpoint = ${folder.file("control")}\n${more}\n`;

/** A watcher that runs a shell script. */
async function script(folder: Folder, name: string, text: string, options = ""): Promise<string> {
  await writeFile(folder.file(`${name}.sh`), text);
  return `[watcher:${name}]\ncmd = /bin/sh ${folder.file(`${name}.sh`)}\ncopy_env = True\n${options}\n`;
}

/** An unused TCP port. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("what a watcher waits for", () => {
  test("a step that runs once comes first; one that fails keeps the others away and ends all with its status", async () => {
    await using folder = await temporaryFolder();
    const after = "[watcher:app]\ncmd = sleep 1000\nafter = prepare\n";
    await using good = await supervise(
      folder,
      circus(folder) + (await script(folder, "prepare", "sleep 0.2; echo prepared", "once = True")) + after,
    );
    await good.saw("app started");
    expect(good.output()).toBe("prepared\n");
    expect(await ask(folder.file("control"), "status")).toMatchObject({
      statuses: { app: "active", prepare: "stopped" },
    });

    await using other = await temporaryFolder();
    const broken = await script(other, "prepare", "exit 3", "once = True");
    await using bad = await supervise(other, circus(other, "follow = app") + broken + after);
    expect((await bad.ended).code).toBe(3);
    expect(bad.errors()).toContain("app is not started: prepare failed");
  });

  test.each([
    ["file", (folder: Folder) => [`file:${folder.file("mark")}`, `sleep 0.2; touch ${folder.file("mark")}`] as const],
    ["descriptor", () => ["descriptor:3", "sleep 0.2; echo >&3"] as const],
    [
      "program",
      (folder: Folder) =>
        [`program:test -e ${folder.file("mark")}`, `sleep 0.2; touch ${folder.file("mark")}`] as const,
    ],
  ])("readiness by %s", async (_kind, make) => {
    await using folder = await temporaryFolder();
    const [ready, text] = make(folder);
    const first = await script(folder, "first", `${text}; exec sleep 1000`, `ready = ${ready}`);
    await using running = await supervise(
      folder,
      `${circus(folder)}${first}[watcher:second]\ncmd = sleep 1000\nafter = first\n`,
    );
    await running.saw(/first is ready after 0\.[2-9]/);
    await running.saw("second started");
  });

  test("readiness by sd_notify, and by an open port", async () => {
    await using folder = await temporaryFolder();
    const port = await findPort();
    const notify =
      "import os,socket,time\\ntime.sleep(0.1)\\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\\n" +
      'a=os.environ["NOTIFY_SOCKET"]\\ns.sendto(b"STATUS=x\\\\nREADY=1",chr(0)+a[1:])\\ntime.sleep(1000)';
    const listen = `import socket,time\\ntime.sleep(0.1)\\ns=socket.socket()\\ns.bind(("127.0.0.1",${port}))\\ns.listen()\\ntime.sleep(1000)`;
    await writeFile(folder.file("notify.py"), notify.replaceAll("\\n", "\n").replaceAll("\\\n", "\\n"));
    await writeFile(folder.file("listen.py"), listen.replaceAll("\\n", "\n"));
    await using running = await supervise(
      folder,
      `${circus(folder)}[watcher:first]\ncmd = python3 ${folder.file("notify.py")}\nready = notify
[watcher:second]\ncmd = python3 ${folder.file("listen.py")}\nready = port:127.0.0.1:${port}\nafter = first
[watcher:third]\ncmd = sleep 1000\nafter = second\n`,
    );
    await running.saw("first is ready");
    await running.saw("second is ready");
    await running.saw("third started");
  });
});

describe("beyond circus", () => {
  test("exponential back-off, secrets from files, and events as JSON lines", async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.file("secret"), "s3cret\n");
    const text = `printf '%s\\n' "$(date +%s%N) $PASSWORD" >> ${folder.file("runs")}; exit 1`;
    const options = "backoff.first = 0.1\nbackoff.longest = 0.4\nsecrets = PASSWORD";
    const ini = circus(folder, `events = ${folder.file("events")}`) + (await script(folder, "web", text, options));
    await using running = await supervise(folder, ini, {
      env: { PATH: process.env.PATH, PASSWORD_FILE: folder.file("secret") },
    });
    const runs = await until(async () => {
      const found = await readLines(folder.file("runs"));
      return found.length >= 5 && found;
    }, `five runs: ${running.errors()}`);
    expect(runs[0]).toMatch(/ s3cret$/);
    const events = (await readLines(folder.file("events"))).map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({
      topic: "watcher.web.spawn",
      process_pid: expect.any(Number),
      time: expect.any(Number),
    });
    expect(events.find(({ topic }) => topic === "watcher.web.reap")).toMatchObject({ exit_code: 1 });
  });

  test("a schedule starts a process at its times", async () => {
    await using folder = await temporaryFolder();
    const ini =
      circus(folder) + (await script(folder, "job", `date +%s >> ${folder.file("runs")}`, "schedule = * * * * * *"));
    await using running = await supervise(folder, ini);
    const runs = await until(async () => {
      const found = await readLines(folder.file("runs"));
      return found.length >= 3 && found;
    }, "three runs");
    expect(Number(runs[2]) - Number(runs[0])).toBeGreaterThanOrEqual(2);
    expect(await listChildren(running.pid)).toEqual([]);
  });
});

test("health says whether all is well, with an exit status for HEALTHCHECK", async () => {
  await using folder = await temporaryFolder();
  const health = (...words: string[]) => {
    const args = ["health", "--endpoint", folder.file("control"), ...words];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    return `${status} ${stdout}${stderr}`;
  };
  expect(health()).toMatch(/^1 slipway-init health: no circusd answers at /);
  const ini = `${circus(folder)}[watcher:web]\ncmd = sleep 1000\nhealth = test -e ${folder.file("well")}
[watcher:other]\ncmd = sleep 1000\n[watcher:step]\ncmd = true\nonce = True\n`;
  await using running = await supervise(folder, ini);
  await running.saw("step stopped");
  expect(health()).toBe("1 web: its health program ended with 1\n");
  expect(health("other")).toBe("0 ok\n");
  await writeFile(folder.file("well"), "");
  expect(health()).toBe("0 ok\n");
  await ask(folder.file("control"), "stop", { name: "other", waiting: true });
  expect(health()).toBe("1 other: it is stopped\n");
  expect(health("nobody")).toBe("1 slipway-init health: program nobody not found\n");
  expect(health("--wrong")).toMatch(/^64 slipway-init health: what is --wrong\?/);
});

describe("sockets", () => {
  const server = `import os,socket,sys
s=socket.socket(fileno=int(sys.argv[1]))
s.setblocking(True)
c,_=s.accept()
c.sendall(("answer of %d" % os.getpid()).encode())
c.close()
`;

  async function read(options: { path: string } | { port: number }): Promise<string> {
    const socket = connect(options as { path: string });
    let text = "";
    for await (const part of socket) text += part;
    return text;
  }

  test("are handed to processes under the number that the command has", async () => {
    await using folder = await temporaryFolder();
    const port = await findPort();
    await writeFile(folder.file("server.py"), server);
    const socket = folder.file("web.sock");
    const ini = `${circus(folder)}[socket:web]\npath = ${socket}\numask = 0\n[socket:tcp]\nhost = 127.0.0.1\nport = ${port}
[watcher:unix]\ncmd = python3 ${folder.file("server.py")} $(circus.sockets.web)\nuse_sockets = True\ncopy_env = True
[watcher:tcp]\ncmd = python3 ${folder.file("server.py")} $(circus.sockets.tcp)\nuse_sockets = True\ncopy_env = True\n`;
    await using running = await supervise(folder, ini);
    await running.saw("unix started");
    expect(await read({ path: socket })).toMatch(/^answer of \d+$/);
    expect(await read({ port })).toMatch(/^answer of \d+$/);
    running.kill("SIGTERM");
    await running.ended;
    expect(await readdir(folder.path)).not.toContain("web.sock");
  });

  test("start an on-demand watcher at the first connection", async () => {
    await using folder = await temporaryFolder();
    const socket = folder.file("web.sock");
    await writeFile(folder.file("server.py"), server);
    const ini = `${circus(folder)}[socket:web]\npath = ${socket}\n[watcher:web]\ncmd = python3 ${folder.file("server.py")} $(circus.sockets.web)\nuse_sockets = True\ncopy_env = True\non_demand = True\n`;
    await using running = await supervise(folder, ini);
    await running.saw("Arbiter now waiting");
    expect(await listChildren(running.pid)).toEqual([]);
    const first = await read({ path: socket });
    const second = await read({ path: socket });
    expect([first, second].every((answer) => /^answer of \d+$/.test(answer))).toBe(true);
    expect(first).not.toBe(second);
  });

  test("with SO_REUSEPORT are each process's own", async () => {
    await using folder = await temporaryFolder();
    const port = await findPort();
    const ini = `${circus(folder)}[socket:web]\nhost = 127.0.0.1\nport = ${port}\nso_reuseport = True
[watcher:web]\ncmd = sleep 1000 $(circus.sockets.web)\nuse_sockets = True\nnumprocesses = 2\n`;
    await using running = await supervise(folder, ini.replace("sleep 1000 $(", "sh -c 'exec sleep 1000' $("));
    await running.saw("web started");
    const inodes = await Promise.all(
      (await listChildren(running.pid)).map(async (pid) => {
        const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
        return words.includes("1000") && (await readdir(`/proc/${pid}/fd`));
      }),
    );
    expect(inodes).toHaveLength(2);
    for (const fds of inodes) expect(Array.isArray(fds) && fds.some((fd) => Number(fd) >= 16)).toBe(true);
  });

  test("that cannot be had end the start with the reason", async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.file("web.sock"), "");
    const ini = `${circus(folder)}[socket:web]\npath = ${folder.file("web.sock")}\n[watcher:web]\ncmd = sleep 1000\n`;
    await using running = await supervise(folder, ini);
    expect((await running.ended).code).toBe(1);
    expect(running.errors()).toContain("replace = True");
  });
});
