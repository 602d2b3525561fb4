import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { listChildren, readLines, supervise, temporaryFolder, until } from "./supervised.ts";

const control = (folder: { file(name: string): string }, more = "") =>
  `[circus]\nendpoint = ${folder.file("control")}\n${more}\n`;

describe("as PID 1", () => {
  test("orphans are collected, and all ends in order", async () => {
    await using folder = await temporaryFolder();
    const orphans = "for i in 1 2 3 4 5; do setsid sleep 0.2 & done; exec sleep 1000";
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sh -c "${orphans}"\ncopy_env = True\nstdout_stream.class = NamedStdoutStream\n`,
      { isolated: true },
    );
    const init = await until(async () => (await listChildren(running.pid))[0], "PID 1");
    await running.saw("web started");
    await until(async () => (await listChildren(init)).length === 1, "only the watcher's process is left");
    process.kill(init, "SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(running.errors()).toContain("circus[1] [INFO] web stopped");
  });

  test.each([
    ["exit 0", 0],
    ["exit 5", 5],
    ["kill -KILL $$", 137],
  ])("the followed watcher's end (%s) is the end of all, with its status", async (script, status) => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `${control(folder, "follow = main")}[watcher:main]\ncmd = sh -c "${script}"\ncopy_env = True\nrespawn = False\n[watcher:other]\ncmd = sleep 1000\n`,
      { isolated: true },
    );
    expect((await running.ended).code).toBe(status);
    expect(running.errors()).toContain("other stopped");
  });

  test("what nobody supervises ends too, even if it does not want to", async () => {
    await using folder = await temporaryFolder();
    const stubborn = `trap '' TERM; while :; do sleep 0.1; done`;
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sh ${folder.file("script")}\ncopy_env = True\nrespawn = False\n`,
      {
        isolated: true,
        before: [
          "sh",
          "-c",
          `printf '%s' "setsid sh -c \\"${stubborn}\\" & sleep 0.2" > ${folder.file("script")}; exec "$@"`,
          "sh",
        ],
      },
    );
    const init = await until(async () => (await listChildren(running.pid))[0], "PID 1");
    await running.saw("web stopped");
    process.kill(init, "SIGINT");
    expect((await running.ended).code).toBe(0);
  });

  test("those that started after others stop before them", async () => {
    await using folder = await temporaryFolder();
    const watcher = (name: string, more = "") =>
      `[watcher:${name}]\ncmd = sh -c "trap 'sleep 0.2; echo ${name} ends; exit' TERM; echo ${name} runs; while :; do sleep 0.05; done"\ncopy_env = True\n${more}\n`;
    await using running = await supervise(
      folder,
      control(folder) +
        watcher("app", "after = database") +
        watcher("database", `ready = file:${folder.file("ready")}`),
      { isolated: true },
    );
    const init = await until(async () => (await listChildren(running.pid))[0], "PID 1");
    await running.saw("database runs");
    expect(running.output()).not.toContain("app runs");
    await writeFile(folder.file("ready"), "");
    await running.saw("app runs");
    process.kill(init, "SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(running.output().indexOf("app ends")).toBeLessThan(running.output().indexOf("database ends"));
  });

  test("nothing wakes it while nothing is due", async () => {
    await using folder = await temporaryFolder();
    await using running = await supervise(
      folder,
      `${control(folder)}[watcher:web]\ncmd = sleep 1000\nnumprocesses = 10\nstdout_stream.class = NamedStdoutStream\n`,
    );
    await running.saw("web started");
    const switches = async () => {
      const status = await readFile(`/proc/${running.pid}/status`, "utf8");
      return /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1];
    };
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = await switches();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await switches()).toBe(before);
    expect(await readLines(`/proc/${running.pid}/task/${running.pid}/children`)).toHaveLength(1);
  });
});
