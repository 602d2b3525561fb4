import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { Children } from "./children.ts";
import type { Supervisor } from "./supervisors.ts";

/** A supervisor with its children, all of them running. */
export interface Running {
  readonly children: Children;
  /** Milliseconds from its start until all children ran. */
  readonly started: number;
  /** Process ids of the children. */
  readonly pids: readonly number[];
  /** Process ids of the supervisor's own processes. */
  own(): readonly number[];
  /** Stops everything; milliseconds until the last child and the supervisor have ended. */
  stop(): Promise<number>;
}

export async function startSupervisor(supervisor: Supervisor, parent: string, count: number): Promise<Running> {
  const folder = mkdtempSync(join(parent, `${supervisor.name}-`));
  const children = new Children(folder);
  const [program, ...args] = supervisor.prepare(folder, children.script, count);
  children.listen();
  const start = performance.now();
  const child = spawn(program!, args, { stdio: ["ignore", "ignore", "pipe"], cwd: folder, detached: true });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = `${errors}${text}`.slice(-2000);
  });
  const closed = once(child, "close");
  const failed = closed.then(() => {
    throw new Error(`${supervisor.name} ended before its children ran\n${errors}`);
  });
  const { at, pids } = await Promise.race([children.began(count), failed]).catch((error) => {
    killAll(child);
    throw error;
  });
  failed.catch(() => {});
  return {
    children,
    started: at - start,
    pids,
    own: () => descendantsOf(child.pid!).filter((pid) => !isChild(pid)),
    async stop() {
      const begin = performance.now();
      const command = supervisor.stop?.(folder);
      if (command) await runCommand(command);
      else child.kill(supervisor.stopSignal ?? "SIGTERM");
      await Promise.all([children.ended(), closed]);
      const milliseconds = performance.now() - begin;
      rmSync(folder, { recursive: true, force: true });
      return milliseconds;
    },
  };
}

function killAll(child: ChildProcess): void {
  for (const pid of [...descendantsOf(child.pid!)].reverse()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Whether it is one of the programs that are supervised. */
function isChild(pid: number): boolean {
  return readOr(`/proc/${pid}/comm`, "sleep").trim() === "sleep";
}

/** The process itself first. */
function descendantsOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const stat = readOr(`/proc/${name}/stat`, "");
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = [root];
  for (let index = 0; index < found.length; index++)
    for (const [pid, parent] of parents) if (parent === found[index]) found.push(pid);
  return found;
}

/** A file of /proc; the text in its place when the process has ended. */
export function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return otherwise;
    throw error;
  }
}
