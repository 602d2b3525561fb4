import { describe, expect, test } from "vitest";
import { startAnyInTerminal } from "../e2e/terminal.ts";
import { control } from "./controlled.ts";

const watchers = `
[watcher:webapp]
cmd = sleep 1000
numprocesses = 2
[watcher:worker]
cmd = sleep 1000
`;

describe("circusctl in a terminal", () => {
  test("completes, edits, remembers and helps", async () => {
    await using circus = await control(watchers);
    using shell = startAnyInTerminal(circus.circusctl, ["--endpoint", circus.endpoint]);
    await shell.expect(/circusctl \S+\nwebapp: active\nworker: active\n\(circusctl\) $/);
    shell.type("stat\t\t");
    await shell.expect(/stats +status/);
    shell.type("u\tweb\t\r");
    await shell.expect(/status webapp \nactive\n/);
    // Up twice and back, then a change in the middle of the line.
    shell.type("numwatchers\r");
    await shell.expect(/numwatchers\n2\n/);
    shell.type("\x1b[A\x1b[A\x1b[D\x7f\x7f\x7f\x7f\x7f\x7fworker\r");
    await shell.expect(/status worker \nactive\n/);
    shell.type("garbage\x03");
    await shell.expect(/garbage\^C\n/);
    shell.type("help incr\r");
    await shell.expect(/Increment the number of processes in a watcher\n=+\n[\s\S]*circusctl incr <name>/);
    shell.type("nonsense\r");
    await shell.expect(/\*\*\* Unknown syntax: nonsense\n/);
    shell.type("list 'web\r");
    await shell.expect(/error: a single quote is not closed\n/);
    shell.type("set webapp grace\t 2\r");
    await shell.expect(/set webapp graceful_timeout {2}2\nok\n/);
    shell.type("\x04");
    expect(await shell.exited).toBe(0);
  });

  test("draws lines that are longer than the window", async () => {
    await using circus = await control(watchers);
    using shell = startAnyInTerminal(circus.circusctl, ["--endpoint", circus.endpoint], { columns: 40 });
    await shell.expect(/\(circusctl\) $/);
    shell.type(`status ${"x".repeat(60)}\x01\x0b`);
    shell.type("status worker\r");
    await shell.expect(/status worker\nactive\n/);
    shell.type("\x04");
    expect(await shell.exited).toBe(0);
  });

  test("shows a table that lives, sorts it, and leaves at q", async () => {
    await using circus = await control(watchers);
    using top = startAnyInTerminal(circus.circusctl, ["--endpoint", circus.endpoint, "top", "--interval", "0.2"]);
    await top.expect(
      /Circus Top, by cpu.*\n-+\nwebapp\n PID +CPU \(%\) +MEMORY \(%\) +RSS +AGE \(s\)\n \d+ \(sleep\) +[\d.]+/,
    );
    top.type("a");
    await top.expect(/Circus Top, by age/);
    await circus.ask("add", "--start", "zebra", "sleep 1000");
    await top.expect(/zebra\n/);
    top.type("q");
    expect(await top.exited).toBe(0);
  });

  test("ends a listening with Ctrl-C and goes on", async () => {
    await using circus = await control(watchers);
    using shell = startAnyInTerminal(circus.circusctl, ["--endpoint", circus.endpoint]);
    await shell.expect(/\(circusctl\) $/);
    shell.type("listen watcher.worker\r");
    await shell.expect(/listen watcher.worker\n/);
    await circus.ask("restart", "worker", "--waiting");
    await shell.expect(/watcher\.worker\.kill: \{"process_pid": \d+/);
    shell.type("\x03");
    await shell.expect(/\(circusctl\) $/);
    shell.type("numwatchers\r");
    await shell.expect(/2\n/);
    shell.type("EOF\r");
    expect(await shell.exited).toBe(0);
  });
});
