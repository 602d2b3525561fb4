import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { sessionFolder } from "./record.ts";

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same id; undefined where the system does not say. */
  readonly started: string | undefined;
}

/**
 * Makes this program the only one on a session until the lock is disposed of. The lock of a program that is gone is taken over.
 * @throws SlipwayError SESSION_BUSY naming the other program's process.
 */
export async function lockSession(stateDir: string, id: string): Promise<AsyncDisposable> {
  const folder = sessionFolder(stateDir, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "lock");
  for (;;) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(JSON.stringify({ pid: process.pid, started: await startOf(process.pid) } satisfies Holder));
      await file.close();
      return { [Symbol.asyncDispose]: async () => await rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder))) {
      throw new SlipwayError("SESSION_BUSY", `the session ${id} is open in another program, process ${holder.pid}`, {
        hint: "leave it there with 'quit' first",
      });
    }
    await rm(path, { force: true });
  }
}

/** Undefined when the lock went away meanwhile, or its writer died before it wrote. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return started === undefined || started === (await startOf(pid));
}

/** Clock ticks since boot at which the process began: field 22 of /proc/PID/stat (proc(5)). */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
