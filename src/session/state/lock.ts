import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identifyProcess } from "../../engine/process-identity.ts";
import { SlipwayError } from "../../errors.ts";
import { sessionFolder } from "./journal.ts";

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with the same id; undefined where the system does not say. */
  readonly startTime: string | undefined;
}

/**
 * Makes this program the only one on a session until the lock is disposed of. The lock of a program that is gone is taken over.
 * @throws SlipwayError SESSION_BUSY naming the other program's process.
 */
export async function lockSession(stateDir: string, id: string): Promise<AsyncDisposable> {
  const folder = sessionFolder(stateDir, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "lock");
  const own = join(folder, `lock.${randomUUID()}`);
  for (;;) {
    // A link appears with its content: nobody ever reads half a lock.
    await writeFile(own, JSON.stringify(await ownIdentity()), { mode: 0o600 });
    try {
      await link(own, path);
      return { [Symbol.asyncDispose]: async () => await rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      await rm(own, { force: true });
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

/** The process that has the session open; undefined when none does. */
export async function lockHolder(stateDir: string, id: string): Promise<number | undefined> {
  const holder = await readHolder(join(sessionFolder(stateDir, id), "lock"));
  return holder && (await isAlive(holder)) ? holder.pid : undefined;
}

async function ownIdentity(): Promise<Holder> {
  return (await identifyProcess(process.pid)) ?? { pid: process.pid, startTime: undefined };
}

/** Undefined when the lock went away meanwhile, or is none of ours. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, startTime }: Holder): Promise<boolean> {
  if (startTime !== undefined) return (await identifyProcess(pid))?.startTime === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
