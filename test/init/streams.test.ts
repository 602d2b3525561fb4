import { spawnSync } from "node:child_process";
import { readdir, readFile, readlink, rename, stat, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { listChildren, program, readLines, readProcess, supervise, temporaryFolder, until } from "./supervised.ts";

interface Folder {
  readonly path: string;
  file(name: string): string;
}

/** A watcher that runs a shell script once, with `$(…)` and quotes as they are. */
async function script(folder: Folder, name: string, text: string, options: string): Promise<string> {
  await writeFile(folder.file(`${name}.sh`), text);
  return `[watcher:${name}]\ncmd = /bin/sh ${folder.file(`${name}.sh`)}\ncopy_env = True\nrespawn = False\n${options}\n`;
}

const circus = (folder: Folder, more = "") => `[circus]\nendpoint = ${folder.file("control")}\n${more}\n`;

describe("where output goes", () => {
  test("without streams it is the supervisor's own standard output and error, as with circus", async () => {
    await using folder = await temporaryFolder();
    const ini = circus(folder) + (await script(folder, "web", "echo to output; echo to error >&2", ""));
    await using running = await supervise(folder, ini);
    await running.saw("to error");
    await until(() => running.output() === "to output\n", "output as it is");
  });

  test("close_child_stdout and close_child_stderr lead it nowhere; standard input is closed unless told otherwise", async () => {
    await using folder = await temporaryFolder();
    const options = "close_child_stdout = True\nclose_child_stderr = True";
    await using running = await supervise(folder, `${circus(folder)}[watcher:web]\ncmd = sleep 1000\n${options}\n`);
    await running.saw("web started");
    const [pid] = await listChildren(running.pid);
    const links = [0, 1, 2].map((fd) => readlink(`/proc/${pid}/fd/${fd}`));
    expect(await Promise.all(links)).toEqual(["/dev/null", "/dev/null", "/dev/null"]);
  });

  test("NamedStdoutStream puts the watcher's name before each line, also the last without an end", async () => {
    await using folder = await temporaryFolder();
    const stream = "stdout_stream.class = NamedStdoutStream\nstderr_stream.class = NamedStdoutStream";
    const ini =
      circus(folder) +
      (await script(folder, "web", "printf 'one\\n\\ntwo'; sleep 0.1; printf ' more\\nthree'", stream));
    await using running = await supervise(folder, ini);
    await until(() => running.output() === "web | one\nweb | \nweb | two more\nweb | three\n", "named lines");
  });

  test("FancyStdoutStream has circus's colours, time and pid", async () => {
    await using folder = await temporaryFolder();
    const stream =
      "stdout_stream.class = FancyStdoutStream\nstdout_stream.color = green\nstdout_stream.time_format = %%Y/%%m";
    const plain = stream.replaceAll("%%", "%");
    await using running = await supervise(
      folder,
      circus(folder) + (await script(folder, "web", "echo hello; echo; echo you", plain)),
    );
    const now = new Date();
    const month = `${now.getFullYear()}/${String(now.getMonth() + 1).padStart(2, "0")}`;
    await running.saw("you");
    const line = (text: string) => `\x1b\\[0;32;40m${month} \\[\\d+\\] \\| ${text}\x1b\\[0m\n`;
    expect(running.output()).toMatch(new RegExp(`^${line("hello")}${line("you")}$`));
  });

  test("FileStream rotates by size without cutting or losing a line, also when two channels share the file", async () => {
    await using folder = await temporaryFolder();
    const count = 20_000;
    const text = `i=0; while [ $i -lt ${count} ]; do echo "line $i of output"; echo "line $i of error" >&2; i=$((i+1)); done`;
    const stream = (channel: string) =>
      `${channel}_stream.class = FileStream\n${channel}_stream.filename = ${folder.file("log")}\n${channel}_stream.max_bytes = 100000\n${channel}_stream.backup_count = 50`;
    const ini = circus(folder) + (await script(folder, "web", text, `${stream("stdout")}\n${stream("stderr")}`));
    await using running = await supervise(folder, ini);
    await running.saw("web stopped");
    running.kill("SIGTERM");
    await running.ended;
    const logs = (await readdir(folder.path)).filter((name) => name.startsWith("log"));
    expect(logs.length).toBeGreaterThan(5);
    const lines: string[] = [];
    for (const name of logs) {
      expect((await stat(folder.file(name))).size).toBeLessThan(100_000);
      lines.push(...(await readLines(folder.file(name))));
    }
    const wanted = Array.from({ length: count }, (_, i) => [`line ${i} of output`, `line ${i} of error`]).flat();
    expect(lines.sort()).toEqual(wanted.sort());
  });

  test("FileStream keeps backup_count files and puts time and pid before lines with time_format", async () => {
    await using folder = await temporaryFolder();
    const text = 'i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done';
    const stream = `stdout_stream.class = FileStream\nstdout_stream.filename = ${folder.file("log")}\nstdout_stream.max_bytes = 300\nstdout_stream.backup_count = 2\nstdout_stream.time_format = %Y`;
    await using running = await supervise(folder, circus(folder) + (await script(folder, "web", text, stream)));
    await running.saw("web stopped");
    running.kill("SIGTERM");
    await running.ended;
    expect((await readdir(folder.path)).filter((name) => name.startsWith("log")).sort()).toEqual([
      "log",
      "log.1",
      "log.2",
    ]);
    const lines = [...(await readLines(folder.file("log.1"))), ...(await readLines(folder.file("log")))];
    expect(lines.at(-1)).toMatch(/^\d{4} \[\d+\] \| line 199$/);
  });

  test("WatchedFileStream goes on in a new file after somebody moved the old one away", async () => {
    await using folder = await temporaryFolder();
    const text = `echo before; while ! [ -e ${folder.file("go")} ]; do sleep 0.05; done; echo after; sleep 1000`;
    const stream = `stdout_stream.class = WatchedFileStream\nstdout_stream.filename = ${folder.file("log")}`;
    await using _running = await supervise(folder, circus(folder) + (await script(folder, "web", text, stream)));
    await until(async () => (await readLines(folder.file("log"))).length === 1, "the first line");
    await rename(folder.file("log"), folder.file("log.old"));
    await writeFile(folder.file("go"), "");
    await until(async () => (await readLines(folder.file("log")))[0] === "after", "the new file");
    expect(await readLines(folder.file("log.old"))).toEqual(["before"]);
  });

  test("USR1 opens files again", async () => {
    await using folder = await temporaryFolder();
    const text = `echo before; while ! [ -e ${folder.file("go")} ]; do sleep 0.05; done; echo after; sleep 1000`;
    const stream = `stdout_stream.class = FileStream\nstdout_stream.filename = ${folder.file("log")}`;
    await using running = await supervise(folder, circus(folder) + (await script(folder, "web", text, stream)));
    await until(async () => (await readLines(folder.file("log"))).length === 1, "the first line");
    await rename(folder.file("log"), folder.file("log.old"));
    running.kill("SIGUSR1");
    await until(async () => (await readdir(folder.path)).includes("log"), "a new file");
    await writeFile(folder.file("go"), "");
    await until(async () => (await readLines(folder.file("log")))[0] === "after", "the new line");
  });

  test("TimedRotatingFileStream puts files aside as time goes by", async () => {
    await using folder = await temporaryFolder();
    const text = 'i=0; while [ $i -lt 25 ]; do echo "line $i"; i=$((i+1)); sleep 0.1; done';
    const stream = `stdout_stream.class = TimedRotatingFileStream\nstdout_stream.filename = ${folder.file("log")}\nstdout_stream.rotate_when = S\nstdout_stream.rotate_interval = 1\nstdout_stream.backup_count = 9`;
    await using running = await supervise(folder, circus(folder) + (await script(folder, "web", text, stream)));
    await running.saw("web stopped");
    const logs = (await readdir(folder.path)).filter((name) => name.startsWith("log")).sort();
    expect(logs.length).toBeGreaterThan(1);
    for (const name of logs.slice(1)) expect(name).toMatch(/^log\.\d{14}$/);
    const lines = (await Promise.all(logs.map((name) => readLines(folder.file(name))))).flat();
    expect(lines.sort()).toEqual(Array.from({ length: 25 }, (_, i) => `line ${i}`).sort());
  });

  test("a file that cannot be written is told once and disturbs nobody", async () => {
    await using folder = await temporaryFolder();
    const stream = "stdout_stream.class = FileStream\nstdout_stream.filename = /dev/full";
    const lost = await script(
      folder,
      "full",
      "i=0; while [ $i -lt 50 ]; do echo line; i=$((i+1)); sleep 0.01; done",
      stream,
    );
    const missing = await script(
      folder,
      "missing",
      "echo line",
      `stdout_stream.class = FileStream\nstdout_stream.filename = ${folder.file("no/such/folder")}`,
    );
    await using running = await supervise(folder, circus(folder) + lost + missing);
    await running.saw("full stopped");
    await running.saw("missing stopped");
    expect(running.errors().match(/output is lost: write \/dev\/full: no space left on device/g)).toHaveLength(1);
    expect(running.errors()).toContain("output is lost: open ");
  });

  test("a reader who does not read makes the process wait, and hinders neither control nor the end", async () => {
    await using folder = await temporaryFolder();
    const text = `while :; do echo "a line that is long enough to fill a pipe soon, since nobody reads what is written here"; done`;
    const ini =
      circus(folder) +
      (await script(folder, "web", text, "stdout_stream.class = NamedStdoutStream\ngraceful_timeout = 1"));
    await writeFile(folder.file("full.ini"), ini);
    // Its output is a pipe whose reader sleeps.
    const command = `(${program} ${folder.file("full.ini")} 2>${folder.file("errors")} & echo $! > ${folder.file("pid")}; wait $!; echo $? > ${folder.file("status")}) | sleep 4`;
    const shell = spawnSync(
      "sh",
      [
        "-c",
        `${command} & sleep 1.5; grep VmRSS /proc/$(cat ${folder.file("pid")})/status; kill $(cat ${folder.file("pid")}); wait`,
      ],
      {
        encoding: "utf8",
      },
    );
    expect(Number(/VmRSS:\s+(\d+)/.exec(shell.stdout)?.[1])).toBeLessThan(6000);
    expect(await readLines(folder.file("status"))).toEqual(["0"]);
    expect(await readProcess(Number(await readFile(folder.file("pid"), "utf8")))).toBeUndefined();
  });
});
