import { readFile } from "node:fs/promises";

/** A process id alone may be another process after a while; with its start time it is this one or none. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since boot: field 22 of /proc/PID/stat, proc(5). */
  readonly startTime: string;
}

/** Undefined when there is no such process, or only its zombie. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The program's name, in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return startTime === undefined || state === "Z" ? undefined : { pid, startTime };
}

/** Whether it still runs, and is a program that was started with all these arguments. */
export async function isProcess(identity: ProcessIdentity, commandArguments: readonly string[]): Promise<boolean> {
  const now = await identifyProcess(identity.pid);
  if (now?.startTime !== identity.startTime) return false;
  const words = (await readFile(`/proc/${identity.pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  return commandArguments.every((word) => words.includes(word));
}
