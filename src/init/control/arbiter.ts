import type { WatcherOptions } from "../circus/configuration.ts";

/**
 * What control commands need of the supervisor: circus's arbiter and its watchers. A promise ends when what was asked for is
 * done (processes stopped, started, ready to be asked again), as circus's commands with `waiting: true` wait for it.
 */
export interface Arbiter {
  /** By descending priority, as they are started. */
  readonly watchers: readonly ControlledWatcher[];
  readonly sockets: readonly ControlledSocket[];
  readonly pid: number;
  /** Values of `[circus]` by circus's own names. */
  globalOptions(): Readonly<Record<string, unknown>>;
  add(name: string, cmd: string, options: Readonly<Record<string, unknown>>, start: boolean): Promise<void>;
  remove(watcher: ControlledWatcher, options: { readonly nostop: boolean }): Promise<void>;
  startAll(): Promise<void>;
  stopAll(): Promise<void>;
  restartAll(): Promise<void>;
  reloadAll(options: ReloadOptions): Promise<void>;
  /** Reads the file again; changes only what changed. */
  reloadConfiguration(path: string | undefined): Promise<void>;
  /** Stops everything and ends the program; the promise ends before the program does. */
  quit(): Promise<void>;
  /** CPU, memory and age of the daemon itself, as dstats has it. */
  ownStats(): ProcessStats;
  subscribe(listener: (event: SupervisorEvent) => void): () => void;
}

export interface ReloadOptions {
  readonly graceful: boolean;
  readonly sequential: boolean;
}

export interface ControlledWatcher {
  readonly name: string;
  readonly options: WatcherOptions;
  readonly status: "active" | "stopped" | "starting" | "stopping";
  readonly processes: readonly ControlledProcess[];
  /** circus's option names with their values, as `options` and `get` show them. */
  optionValues(): Readonly<Record<string, unknown>>;
  /** Sets options by circus's names; restarts processes where the option asks for it. Throws InitError on a bad one. */
  set(values: Readonly<Record<string, unknown>>): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  reload(options: ReloadOptions): Promise<void>;
  /** Resolves with the new number of processes. */
  incr(by: number): Promise<number>;
  decr(by: number): Promise<number>;
  /** Sends a signal: to all processes, to one, to one and its children, to a child only. */
  signal(signal: number, target: SignalTarget): Promise<void>;
  /** As circus's `kill`: the signal, then SIGKILL after the timeout. */
  kill(target: SignalTarget, signal: number | undefined, gracefulTimeout: number | undefined): Promise<void>;
}

export interface SignalTarget {
  readonly pid: number | undefined;
  readonly childPid: number | undefined;
  readonly children: boolean;
  readonly recursive: boolean;
}

export interface ControlledProcess {
  readonly pid: number;
  readonly wid: number;
  /** Milliseconds of the monotonic clock. */
  readonly started: number;
  readonly stats: () => ProcessStats;
  readonly children: () => readonly number[];
}

/** circus's own fields and units. */
export interface ProcessStats {
  readonly cmdline: string;
  readonly pid: number;
  readonly username: string;
  readonly nice: number;
  /** Bytes as text: `12M`. */
  readonly mem_info1: string;
  readonly mem_info2: string;
  readonly cpu: number | "N/A";
  readonly mem: number | "N/A";
  readonly ctime: string;
  readonly age: number;
  readonly create_time: number;
  readonly children: readonly ProcessStats[];
}

export interface ControlledSocket {
  readonly name: string;
  readonly fd: number;
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly backlog: number;
}

/** circus's topics: `watcher.NAME.spawn`, `.reap`, `.kill`, `.start`, `.stop`, `.updated`…, with circus's fields. */
export interface SupervisorEvent {
  readonly topic: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly data: Readonly<Record<string, unknown>>;
}
