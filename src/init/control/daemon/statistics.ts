import { now, pid as ownPid } from "native";
import { InitError } from "../../system/errors.ts";
import { readText } from "../../system/files.ts";
import { listProcesses } from "../../system/processes.ts";
import { secondsNow } from "../protocol.ts";
import { bytesToText, cpuTimeToText, parseStat, parseStatus, programOf } from "./proc-format.ts";

/** What a process can't be asked without /proc, or where /proc hides it. */
const unknown = "N/A";

/** circus's get_info: its fields, their units and formats. */
export interface ProcessStatistics {
  /** Resident and virtual memory: `9.77K`. */
  readonly mem_info1: string;
  readonly mem_info2: string;
  /** Percent of one processor, since somebody asked last; the first time, since the process started. */
  readonly cpu: number | typeof unknown;
  /** Percent of the machine's memory. */
  readonly mem: number | typeof unknown;
  /** User and system time: `0:00.41`. */
  readonly ctime: string;
  readonly pid: number;
  readonly username: string;
  readonly nice: number | typeof unknown;
  /** Seconds since 1970. */
  readonly create_time: number | typeof unknown;
  /** Seconds. */
  readonly age: number | typeof unknown;
  /** Name of the program only. */
  readonly cmdline: string;
  readonly children: readonly ProcessStatistics[];
}

interface Sample {
  /** Which process had the number then. */
  readonly startTicks: number;
  readonly at: number;
  readonly cpuMs: number;
  readonly percent: number;
}

/** Linux's USER_HZ, the same on all that it runs on here. */
const MS_PER_TICK = 10;
/** Two readings nearer than this say more of the clock's grain than of the process. */
const SHORTEST_INTERVAL_MS = 100;
/** Processes in each other that are shown: a process's children have none. */
const GENERATIONS = 1;

/** Reads /proc when it is asked, and remembers processor times until it is asked again. */
export class Statistics {
  #samples = new Map<number, Sample>();

  /** Of these processes with their children, by one look at all of /proc. */
  ofProcesses(pids: readonly number[]): ProcessStatistics[] {
    const machine = readMachine();
    const children = new Map<number, number[]>();
    for (const { pid, parent } of listProcesses()) {
      const siblings = children.get(parent);
      if (siblings) siblings.push(pid);
      else children.set(parent, [pid]);
    }
    const statistics = pids.map((pid) => this.#describe(pid, machine, children, GENERATIONS));
    for (const [pid, { at }] of this.#samples) if (at < machine.at && !children.has(pid)) this.#forgetGone(pid);
    return statistics;
  }

  /** Of this program itself, without those that it started. */
  ofDaemon(): ProcessStatistics {
    return this.#describe(ownPid(), readMachine(), new Map(), 0);
  }

  #forgetGone(pid: number): void {
    if (readProc(`${pid}/stat`) === undefined) this.#samples.delete(pid);
  }

  #describe(
    pid: number,
    machine: Machine,
    children: ReadonlyMap<number, readonly number[]>,
    generations: number,
  ): ProcessStatistics {
    const statText = readProc(`${pid}/stat`);
    const stat = statText === undefined ? undefined : parseStat(statText);
    const status = parseStatus(readProc(`${pid}/status`) ?? "");
    const created =
      stat && machine.bootTime !== undefined ? machine.bootTime + (stat.startTicks * MS_PER_TICK) / 1000 : unknown;
    return {
      mem_info1: status.residentBytes === undefined ? unknown : bytesToText(status.residentBytes),
      mem_info2: status.virtualBytes === undefined ? unknown : bytesToText(status.virtualBytes),
      cpu: stat ? this.#percentOf(pid, stat, machine, created) : unknown,
      mem:
        status.residentBytes === undefined || machine.memoryBytes === undefined
          ? unknown
          : Number(((100 * status.residentBytes) / machine.memoryBytes).toFixed(3)),
      ctime: stat ? cpuTimeToText(stat.cpuTicks * MS_PER_TICK) : unknown,
      pid,
      username: status.uid === undefined ? unknown : (machine.userNames.get(status.uid) ?? `${status.uid}`),
      nice: stat ? stat.nice : unknown,
      create_time: created,
      age: created === unknown ? unknown : machine.time - created,
      cmdline: programOf(readProc(`${pid}/cmdline`) ?? "") ?? unknown,
      children:
        generations === 0
          ? []
          : (children.get(pid) ?? []).map((child) => this.#describe(child, machine, children, generations - 1)),
    };
  }

  #percentOf(
    pid: number,
    stat: { readonly startTicks: number; readonly cpuTicks: number },
    machine: Machine,
    created: number | typeof unknown,
  ): number {
    const before = this.#samples.get(pid);
    const cpuMs = stat.cpuTicks * MS_PER_TICK;
    const known = before?.startTicks === stat.startTicks ? before : undefined;
    if (known && machine.at - known.at < SHORTEST_INTERVAL_MS) return known.percent;
    const ageMs = created === unknown ? 0 : (machine.time - created) * 1000;
    const spentMs = known ? cpuMs - known.cpuMs : cpuMs;
    const passedMs = known ? machine.at - known.at : ageMs;
    const percent = passedMs <= 0 ? 0 : Math.max(0, Number(((100 * spentMs) / passedMs).toFixed(1)));
    this.#samples.set(pid, { startTicks: stat.startTicks, at: machine.at, cpuMs, percent });
    return percent;
  }
}

/** What is the same for all processes of one answer. */
interface Machine {
  /** Milliseconds of the clock that nobody sets. */
  readonly at: number;
  readonly time: number;
  readonly bootTime: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly userNames: ReadonlyMap<number, string>;
}

function readMachine(): Machine {
  const kibibytes = /^MemTotal:\s+([0-9]+) kB/m.exec(readProc("meminfo") ?? "")?.[1];
  const bootTime = /^btime ([0-9]+)/m.exec(readProc("stat") ?? "")?.[1];
  const rows = (readOrNothing("/etc/passwd") ?? "").split("\n").map((line) => line.split(":"));
  return {
    at: now(),
    time: secondsNow(),
    bootTime: bootTime === undefined ? undefined : Number(bootTime),
    memoryBytes: kibibytes === undefined ? undefined : 1024 * Number(kibibytes),
    // Of several names for one number the first counts, as in getpwuid.
    userNames: new Map(rows.reverse().map(([name = "", , uid]) => [Number(uid), name])),
  };
}

function readProc(path: string): string | undefined {
  return readOrNothing(`/proc/${path}`);
}

/** A process may end at any time, /proc may not be mounted, and an image need not have users. */
function readOrNothing(path: string): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof InitError) return undefined;
    throw error;
  }
}
