import { pid as ownPid, readdir } from "native";
import { readText } from "./files.ts";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly name: string;
}

function tryRead(path: string): string | undefined {
  try {
    return readText(path);
  } catch {
    // It ended between the listing and now.
    return undefined;
  }
}

/** Every living process that /proc shows, zombies left out. Empty where /proc is not mounted. */
export function listProcesses(): Process[] {
  const names = readdir("/proc");
  if (typeof names === "number") return [];
  const processes: Process[] = [];
  for (const name of names) {
    if (!/^[0-9]/.test(name)) continue;
    const stat = tryRead(`/proc/${name}/stat`);
    if (stat === undefined) continue;
    // The program's name stands in brackets and may hold brackets and blanks.
    const end = stat.lastIndexOf(")");
    const [state, parent, , session] = stat.slice(end + 2).split(" ", 4);
    if (state === "Z" || state === "X") continue;
    processes.push({
      pid: Number(name),
      parent: Number(parent),
      session: Number(session),
      name: stat.slice(stat.indexOf("(") + 1, end),
    });
  }
  return processes;
}

/** The command line, or the program's name in square brackets where it has none. */
export function commandOf(process: Process): string {
  const line = tryRead(`/proc/${process.pid}/cmdline`)?.replace(/\0+$/, "").replaceAll("\0", " ");
  return line ? line : `[${process.name}]`;
}

/** The children of a process among `processes`; with `recursive` theirs too, parents before children. */
export function childrenOf(processes: readonly Process[], pid: number, recursive = false): number[] {
  const found = [pid];
  for (let at = 0; at < (recursive ? found.length : 1); at++)
    for (const process of processes) if (process.parent === found[at]) found.push(process.pid);
  return found.slice(1);
}

/** Those that descend from this agent; orphans do, since they become its children. */
export function listDescendants(): Process[] {
  const processes = listProcesses();
  const parents = new Map(processes.map((process) => [process.pid, process.parent]));
  const self = ownPid();
  return processes.filter(({ pid }) => hasAncestor(parents, pid, (ancestor) => ancestor === self));
}

/** Whether a process, not counting itself, descends from one that matches. */
function hasAncestor(
  parents: ReadonlyMap<number, number>,
  pid: number,
  matches: (ancestor: number) => boolean,
): boolean {
  for (let at = parents.get(pid); at !== undefined && at > 0; at = parents.get(at)) if (matches(at)) return true;
  return false;
}

/**
 * What a command left behind: descendants of this agent that are not in `before`, do not belong to one of the sessions in
 * `others` and do not descend from any of these.
 */
export function listLeftBehind(before: ReadonlySet<number>, others: ReadonlySet<number>): Process[] {
  const processes = listProcesses();
  const parents = new Map(processes.map((process) => [process.pid, process.parent]));
  const self = ownPid();
  const foreign = (pid: number) => before.has(pid) || others.has(pid);
  return processes.filter(
    ({ pid, session }) =>
      !foreign(pid) &&
      !others.has(session) &&
      hasAncestor(parents, pid, (ancestor) => ancestor === self) &&
      !hasAncestor(parents, pid, foreign),
  );
}
