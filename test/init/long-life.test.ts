import { createReadStream } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { ask, listChildren, readProcess, supervise, temporaryFolder, until } from "./supervised.ts";

/** Larger by hand: a day's life takes minutes. */
const deaths = Number(process.env.SLIPWAY_LIFE_DEATHS ?? 400);
const megabytes = Number(process.env.SLIPWAY_LIFE_MEGABYTES ?? 30);
const patience = 60_000 + 60 * deaths + 500 * megabytes;

async function measure(pid: number) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const fds = await readdir(`/proc/${pid}/fd`);
  return { kilobytes: Number(/VmRSS:\s+(\d+)/.exec(status)![1]), descriptors: fds.length };
}

/** Whether the files, one after the other, are the numbers from 1 on, a line each. */
async function countLines(paths: readonly string[]): Promise<number> {
  let expected = 1;
  let rest = "";
  for (const path of paths)
    for await (const chunk of createReadStream(path, "latin1")) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines)
        if (line !== String(expected++)) throw new Error(`${path}: ${line}, not ${expected - 1}`);
    }
  expect(rest).toBe("");
  return expected - 1;
}

test(`${deaths} deaths, orphans, a flood of ${megabytes} MB and reloads: no zombie, no lost line, no growth`, {
  timeout: patience,
}, async () => {
  await using folder = await temporaryFolder();
  const control = folder.file("control");
  // About nine bytes a line.
  const lines = Math.ceil((megabytes * 1e6) / 8.9);
  await writeFile(
    folder.file("mortal"),
    "sleep 0.0$(($$ % 9)); setsid sleep 0.1 & [ $(($$ % 3)) = 0 ] && kill -9 $$; exit $(($$ % 2))\n",
  );
  const ini = `[circus]
endpoint = ${control}
check_delay = 0.001
loglevel = error
[watcher:mortal]
cmd = sh ${folder.file("mortal")}
copy_env = True
numprocesses = 8
stdout_stream.class = NamedStdoutStream
stderr_stream.class = NamedStdoutStream
[watcher:steady]
cmd = sleep 1000
numprocesses = 4
graceful_timeout = 1
[watcher:flood]
cmd = seq 1 ${lines}
copy_env = True
respawn = False
autostart = False
stdout_stream.class = FileStream
stdout_stream.filename = ${folder.file("log")}
stdout_stream.max_bytes = 4000000
stdout_stream.backup_count = ${Math.ceil((megabytes * 1e6) / 3_900_000) + 5}
`;
  await using running = await supervise(folder, ini, { isolated: true });
  const init = await until(async () => (await listChildren(running.pid))[0], "PID 1");
  await until(
    () =>
      ask(control, "numprocesses").then(
        () => true,
        () => false,
      ),
    "control",
  );

  const seen = new Set<number>();
  const count = async () => {
    for (const pid of (await ask(control, "list", { name: "mortal" })).pids as number[]) seen.add(pid);
    return seen.size;
  };
  /** Without the mortal processes, and the orphans that have their pipes. */
  const measureQuietly = async () => {
    await ask(control, "stop", { name: "mortal", waiting: true });
    await until(async () => (await listChildren(init)).length === 4, "the orphans end");
    const measured = await measure(init);
    await ask(control, "start", { name: "mortal" });
    return measured;
  };
  await until(async () => (await count()) >= 100, "the first deaths");
  const before = await measureQuietly();
  await ask(control, "start", { name: "flood" });
  for (let round = 0; (await count()) < deaths || round < 50; round++) {
    if (round % 40 === 0) await ask(control, "reload", { name: "steady", waiting: true });
    if (round % 40 === 20) await ask(control, "reloadconfig", { waiting: true });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(
    async () => (await ask(control, "status", { name: "flood" })).status === "stopped",
    "the end of the flood",
    patience,
  );
  const after = await measureQuietly();

  const logs = (await readdir(folder.path)).filter((name) => name.startsWith("log"));
  const numbers = logs.map((name) => Number(name.slice("log.".length) || 0)).sort((a, b) => b - a);
  const ordered = numbers.map((number) => folder.file(number === 0 ? "log" : `log.${number}`));
  expect(await countLines(ordered)).toBe(lines);
  expect(after.kilobytes).toBeLessThan(before.kilobytes + 1500);
  expect(after.descriptors).toBe(before.descriptors);

  await ask(control, "stop", { name: "mortal", waiting: true });
  await until(async () => (await listChildren(init)).length === 4, "the orphans end");
  const states = await Promise.all((await listChildren(init)).map(async (pid) => (await readProcess(pid))?.state));
  expect(states).not.toContain("Z");
  console.log(`${seen.size} processes seen; ${JSON.stringify({ before, after })}`);
  process.kill(init, "SIGTERM");
  expect((await running.ended).code).toBe(0);
  expect(running.errors()).toBe("");
});
