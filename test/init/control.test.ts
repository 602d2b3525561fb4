import { spawn } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { control, type RawClient, runToEnd } from "./controlled.ts";
import { program, temporaryFolder, until } from "./supervised.ts";

const dummies = `
[watcher:dummy]
cmd = sleep 1000
numprocesses = 2
graceful_timeout = 2
[watcher:dummy2]
cmd = sleep 1000
[watcher:refuge]
cmd = sleep 1000
singleton = True
`;

const pidsOf = (text: string) => text.trim().split(",").map(Number);

describe("circus's documentation shows that", () => {
  test("status tells of one and of all watchers", async () => {
    await using circus = await control(dummies);
    await until(async () => (await circus.ask("status")).match(/active/g)?.length === 3, "all active");
    expect(await circus.ask("status", "dummy")).toBe("active\n");
    expect(await circus.ask("status")).toBe("dummy: active\ndummy2: active\nrefuge: active\n");
  });

  test("the shell of its tutorial lists webapp, adds a process and quits", async () => {
    await using circus = await control("[watcher:webapp]\ncmd = sleep 1000\nnumprocesses = 3\n");
    await circus.ask("start", "webapp", "--waiting");
    const script = "list webapp\nincr webapp --waiting\nlist webapp\n";
    const { output, code } = await runToEnd(circus.circusctl, ["--endpoint", circus.endpoint], script);
    expect(code).toBe(0);
    expect(output.replace(/\b\d{2,}\b/g, "PID").replace(/circusctl \S+/, "circusctl VERSION")).toBe(`\
circusctl VERSION
webapp: active
(circusctl) PID,PID,PID
(circusctl) 4
(circusctl) PID,PID,PID,PID
(circusctl) 
`);
    expect(await circus.ask("quit")).toBe("ok\n");
    expect((await circus.daemon.ended).code).toBe(0);
  });
});

describe("a command", () => {
  test("that the daemon refuses ends with 3, a wrong one with 1 or 2, all with their reason", async () => {
    await using circus = await control(dummies);
    const outcome = async (...words: string[]) => {
      const { code, output, errors } = await circus.ctl(...words);
      return [code, output, errors];
    };
    expect(await outcome("list", "nope")).toEqual([3, "", "error: program nope not found\n"]);
    expect(await outcome("stop", "x", "--match", "foo")).toEqual([3, "", "error: unknown match method foo\n"]);
    expect(await outcome("get", "dummy", "nope")).toEqual([3, "", "error: 'nope' option not found\n"]);
    expect(await outcome("globaloptions", "nope")).toEqual([3, "", "'nope' not an existing option\n"]);
    expect(await outcome("stats", "dummy", "1")).toEqual([3, "", "error: process 1 not found in 'dummy'\n"]);
    expect(await outcome("add", "DUMMY", "sleep 1")).toEqual([3, "", "error: 'DUMMY' already exist\n"]);
    expect(await outcome("list", "a", "b")).toEqual([1, "", "Invalid number of arguments\n"]);
    expect(await outcome("foo")).toEqual([
      2,
      "",
      "usage: circusctl [options] command [args]\ncircusctl: error: unrecognized arguments: foo\n",
    ]);
    // As circus has it: who reads JSON reads the status there.
    const [code, output] = await outcome("--json", "status", "nope");
    expect(code).toBe(0);
    expect(JSON.parse(`${output}`)).toMatchObject({ status: "error", reason: "program nope not found", errno: 3 });
  });

  test("that changes processes does, and tells who came and went when one waits", async () => {
    await using circus = await control(dummies);
    await circus.ask("start", "--waiting");
    const before = pidsOf(await circus.ask("list", "dummy"));
    const restarted = JSON.parse(await circus.ask("--json", "restart", "dummy", "--waiting"));
    const after = pidsOf(await circus.ask("list", "dummy"));
    expect(restarted.info).toEqual({ stopped: before.sort(), started: after.sort(), kept: [] });

    expect(await circus.ask("incr", "dummy", "2", "--waiting")).toBe("4\n");
    expect(await circus.ask("numprocesses", "dummy")).toBe("4\n");
    expect(await circus.ask("decr", "dummy", "--waiting")).toBe("3\n");
    expect(await circus.ask("incr", "refuge")).toBe(
      "This watcher is a Singleton - not changing the number of processes\n",
    );
    expect(await circus.ask("stop", "dum*", "--waiting")).toBe("ok\n");
    expect(await circus.ask("status")).toBe("dummy: stopped\ndummy2: stopped\nrefuge: active\n");
    expect(await circus.ask("start", "dummy|nope", "--match", "regex", "--waiting")).toBe("ok\n");
    expect(await circus.ask("status", "dummy")).toBe("active\n");
    expect(await circus.ask("set", "dummy", "graceful_timeout", "1.5", "numprocesses", "1", "--waiting")).toBe("ok\n");
    expect(await circus.ask("get", "dummy", "graceful_timeout", "numprocesses", "send_hup")).toBe(
      "graceful_timeout: 1.5\nnumprocesses: 1\nsend_hup: False\n",
    );
    expect(await circus.ask("add", "--start", "Late", "sleep 1000")).toBe("ok\n");
    expect(await circus.ask("list")).toBe("dummy,dummy2,late,refuge\n");
    expect(await circus.ask("rm", "late", "--waiting")).toBe("ok\n");
    expect(await circus.ask("numwatchers")).toBe("3\n");
  });

  test("counts more than those before it that have still to wait", async () => {
    const slow = `sh -c "trap 'sleep 0.3; exit' TERM; while :; do sleep 0.02; done"`;
    await using circus = await control(`[watcher:slow]\ncmd = ${slow}\n`);
    await circus.ask("start", "slow", "--waiting");
    await circus.ask("restart", "slow");
    await circus.ask("stop", "slow", "--waiting");
    expect(await circus.ask("status", "slow")).toBe("stopped\n");
    await circus.ask("start", "slow", "--waiting");
    await circus.ask("stop", "slow");
    await circus.ask("start", "slow");
    await circus.ask("stop", "slow");
    await circus.ask("start", "slow", "--waiting");
    expect(await circus.ask("status", "slow")).toBe("active\n");
    expect(await circus.ask("numprocesses", "slow")).toBe("1\n");
  });

  test("that signals reaches processes, their children, or both", async () => {
    await using folder = await temporaryFolder();
    const log = folder.file("log");
    const say = (who: string) => `trap 'echo ${who} >> ${log}' USR1`;
    const inner = `${say("child")}; echo ready >> ${log}; while :; do sleep 0.05; done`;
    const script = folder.file("script");
    await writeFile(script, `sh -c "${inner}" &\n${say("parent")}\nwhile :; do wait; sleep 0.05; done\n`);
    await using circus = await control(`[watcher:family]\ncmd = sh ${script}\nstop_children = True\n`);
    const heard = async () => (await readFile(log, "utf8").catch(() => "")).split("\n").filter(Boolean);
    await until(async () => (await heard()).includes("ready"), "the child");
    expect(await circus.ask("signal", "family", "USR1")).toBe("ok\n");
    await until(async () => (await heard()).join() === "ready,parent", "the parent alone");
    expect(await circus.ask("signal", "family", "--children", "SIGUSR1")).toBe("ok\n");
    await until(async () => (await heard()).join() === "ready,parent,child", "the child alone");
    const [pid] = pidsOf(await circus.ask("list", "family"));
    expect(await circus.ask("signal", "family", `${pid}`, "10", "--recursive")).toBe("ok\n");
    await until(async () => (await heard()).slice(3).sort().join() === "child,parent", "both");
    expect((await circus.ctl("signal", "family", "1", "USR1")).errors).toBe("error: process 1 not found in 'family'\n");
  });

  test("for statistics shows circus's fields, and what the daemon takes itself", async () => {
    await using circus = await control(dummies);
    await circus.ask("start", "--waiting");
    const line = /^\d+ {2}sleep \S+ 0 [\d.]+[KM] [\d.]+[KM] [\d.]+ [\d.]+ 0:00\.\d\d$/;
    const lines = (await circus.ask("stats", "dummy")).trim().split("\n");
    expect(lines[0]).toBe("dummy:");
    expect(lines.slice(1).map((text) => line.test(text.replace(/^\d+: /, "")))).toEqual([true, true]);
    const { infos } = JSON.parse(await circus.ask("--json", "stats"));
    expect(Object.keys(infos).sort()).toEqual(["dummy", "dummy2", "refuge"]);
    const [info] = Object.values(infos.refuge) as Record<string, unknown>[];
    expect(info).toMatchObject({ cmdline: "sleep", nice: 0, children: [], wid: 1, username: expect.any(String) });
    expect(await circus.ask("dstats")).toMatch(/^Main Process:\n {4}\d+ {2}slipway-init\S* .*\n$/);
    expect(await circus.ask("top")).toMatch(/^dummy\n PID +CPU \(%\) +MEMORY \(%\) +RSS +AGE \(s\)\n \d+ \(sleep\)/);
  });
});

describe("who may control", () => {
  const asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

  test("is the daemon's user: others don't get at the socket, and are refused where its mode was weakened", async () => {
    await using circus = await control(dummies);
    const list = [...asNobody.slice(1), program, "ctl", "--endpoint", circus.endpoint, "list"];
    await chmod(circus.folder, 0o755);
    const closed = await runToEnd(asNobody[0]!, list);
    expect([closed.code, closed.output]).toEqual([1, ""]);
    expect(closed.errors).toContain("permission denied");
    await chmod(circus.endpoint, 0o666);
    const open = await runToEnd(asNobody[0]!, list);
    expect([open.code, open.output, open.errors]).toEqual([3, "", "error: permission denied\n"]);
    await circus.daemon.saw(/process \d+ of user 65534 is not let in/);
  });

  test("is found without a word: the daemon of this user, and of a container's own user for root", async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    const ini = folder.file("circus.ini");
    await writeFile(ini, "[circus]\n[watcher:dummy]\ncmd = sleep 1000\n");
    // PID 1 is the daemon of another user; root's client runs beside it.
    const script = `mount -t tmpfs -o mode=755 none /run && mount -t tmpfs -o mode=1777 none /dev/shm
      (until ${program} ctl numwatchers; do sleep 0.05; done; ls -l /dev/shm/slipway-init-65534; ${program} ctl quit) &
      exec ${asNobody.join(" ")} ${program} ${ini}`;
    const unshare = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script];
    const { output } = await runToEnd("unshare", unshare);
    expect(output).toMatch(/^1\n.*\nsrw------- 1 nobody nogroup 0 .* control.sock\nok\n$/);
  });
});

describe("a client", () => {
  test("that says anything at all gets answers, and the daemon lives", async () => {
    await using circus = await control(dummies);
    const names = [
      "list",
      "stats",
      "status",
      "get",
      "options",
      "signal",
      "kill",
      "set",
      "add",
      "incr",
      "start",
      "listen",
    ];
    const property = fc.constantFrom(
      "name",
      "pid",
      "signum",
      "options",
      "keys",
      "nb",
      "match",
      "topics",
      "waiting",
      "process",
    );
    const value = fc.oneof(fc.constantFrom<unknown>("dummy", "*", "refuge", 0, -1, 1e300, true, null), fc.jsonValue());
    const message = fc
      .record({ command: fc.constantFrom(...names), properties: fc.dictionary(property, value) })
      .map((text) => JSON.stringify(text));
    const line = fc.oneof(
      message,
      fc.json(),
      fc.string().map((text) => text.replaceAll("\n", " ")),
    );
    using patient = await circus.connect();
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 5 }), async (lines) => {
        using client = await circus.connect();
        for (const text of lines) client.send(`${text}\n`);
        client.socket.end();
        patient.send('{"command":"numwatchers","id":"still there"}\n');
        expect(JSON.parse((await patient.line())!)).toMatchObject({ status: "ok", id: "still there" });
      }),
      { numRuns: 150 },
    );
    expect(circus.daemon.errors()).not.toContain("control: TypeError");
  });

  test("is told what is wrong with its message", async () => {
    await using circus = await control(dummies);
    using client = await circus.connect();
    const answer = async (text: string | Uint8Array) => {
      client.send(text);
      const { reason, errno } = JSON.parse((await client.line())!);
      return [reason, errno];
    };
    expect(await answer("\n")).toEqual(["empty command", 3]);
    expect(await answer("{\n")).toEqual(["json invalid", 1]);
    expect(await answer(Uint8Array.of(0xff, 0xfe, 10))).toEqual(["json invalid", 1]);
    expect(await answer(`${"[".repeat(50_000)}\n`)).toEqual(["json nested too deeply", 1]);
    expect(await answer('{"command":"__proto__"}\n')).toEqual(["unknown command: '__proto__'", 2]);
    expect(await answer('{"command":"list","properties":{"name":{}}}\n')).toEqual(["'name' isn't a string", 3]);
    expect(await answer('{"command":"stop","properties":{"name":"(a+)+$","match":"regex"}}\n')).toEqual([
      "program (a+)+$ not found",
      3,
    ]);
    expect(await answer("x".repeat(70_000))).toEqual(["message longer than 65536 bytes", 0]);
    expect(await client.line()).toBeUndefined();
  });

  test("with a pattern that thinks for ever is stopped", async () => {
    await using circus = await control(`[watcher:${"a".repeat(40)}!]\ncmd = sleep 1000\n`);
    expect((await circus.ctl("stop", "(a+)+$", "--match", "regex")).errors).toBe("error: takes too long: (a+)+$\n");
  });

  test("delays nobody by hanging, by flooding, by not reading, or by coming a hundred times", async () => {
    await using circus = await control(dummies);
    const clients: RawClient[] = [];
    const open = async () => {
      const client = await circus.connect();
      clients.push(client);
      return client;
    };
    try {
      const hanging = await open();
      hanging.send('{"command":"li');
      const flooding = await open();
      flooding.socket.pause();
      flooding.send('{"command":"stats"}\n'.repeat(20_000));
      const deaf = await open();
      deaf.socket.pause();
      deaf.send('{"command":"listen"}\n');
      for (let count = 0; count < 100; count++) await open();
      for (let count = 0; count < 20; count++) expect(await circus.ask("numwatchers")).toBe("3\n");
    } finally {
      for (const client of clients) client[Symbol.dispose]();
    }
  });

  test("that falls behind with its events is dropped, and the log says so", async () => {
    await using circus = await control("[watcher:busy]\ncmd = sleep 1000\n");
    using deaf = await circus.connect();
    deaf.send('{"command":"listen"}\n');
    expect(JSON.parse((await deaf.line())!)).toMatchObject({ status: "ok" });
    deaf.socket.pause();
    using client = await circus.connect();
    const dropped = /a subscriber reads too slowly and is dropped/;
    // Events of a long name fill any buffer soon.
    const name = "x".repeat(2000);
    client.send(`${JSON.stringify({ command: "add", properties: { name, cmd: "sleep 1000" } })}\n`);
    expect(JSON.parse((await client.line())!)).toMatchObject({ status: "ok" });
    await until(async () => {
      client.send(
        `${JSON.stringify({ command: "set", properties: { name, options: { warmup_delay: 0 } } })}\n`.repeat(50),
      );
      for (let count = 0; count < 50; count++) await client.line();
      return dropped.test(circus.daemon.errors());
    }, "the subscriber is dropped");
  });

  test("leaves nothing behind however many restarts and reloads it asks for before the end", async () => {
    const seconds = `${1000 + Math.random()}`;
    const living = async () => (await runToEnd("pgrep", ["-fx", `sleep ${seconds}`])).output;
    const circus = await control(`[watcher:dummy]\ncmd = sleep ${seconds}\nnumprocesses = 2\n`);
    const commands = ["restart", "reload", "stop", "start", "reloadconfig"];
    const storm = Array.from({ length: 60 }, async (_, index) => {
      using client = await circus.connect();
      client.send(`{"command":"${commands[(7 * index) % commands.length]}"}\n`);
      return JSON.parse((await client.line())!).status;
    });
    expect(new Set(await Promise.all(storm))).toEqual(new Set(["ok"]));
    circus.daemon.kill("SIGTERM");
    expect((await circus.daemon.ended).code).toBe(0);
    expect(await living()).toBe("");
    await circus[Symbol.asyncDispose]();
  });

  test("may send a last message without its end, and wait for the answer after it said all", async () => {
    await using circus = await control(dummies);
    using client = await circus.connect();
    client.socket.end('{"command":"numwatchers"}\n{"command":"numwatchers","id":7}');
    expect(JSON.parse((await client.line())!)).toMatchObject({ numwatchers: 3 });
    expect(JSON.parse((await client.line())!)).toMatchObject({ numwatchers: 3, id: 7 });
    expect(await client.line()).toBeUndefined();
  });
});

describe("listen", () => {
  test("tells events of the topics that one wants, as JSON lines with --json", async () => {
    await using circus = await control(dummies);
    await circus.ask("start", "--waiting");
    const events = { json: "", text: "" };
    const listen = (kind: "json" | "text", ...words: string[]) => {
      const child = spawn(circus.circusctl, ["--endpoint", circus.endpoint, ...words]);
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        events[kind] += text;
      });
      return { [Symbol.dispose]: () => child.kill() };
    };
    using _json = listen("json", "--json", "listen", "watcher.dummy2.");
    using _text = listen("text", "listen");
    await until(async () => {
      await circus.ask("restart", "dummy2", "--waiting");
      return events.json.includes("start") && events.text.includes("start");
    }, "events");
    const [first] = events.json.split("\n");
    expect(JSON.parse(first!)).toMatchObject({
      topic: expect.stringMatching(/^watcher\.dummy2\./),
      time: expect.any(Number),
    });
    expect(events.text).toMatch(/^watcher\.dummy2\.spawn: \{"process_pid": \d+, "time": \d+\.\d+\}$/m);
    expect(events.text).toMatch(/^watcher\.dummy2\.reap: \{"process_pid": \d+, .*"exit_code": -15.*\}$/m);
  });
});
