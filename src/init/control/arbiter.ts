import type { CircusOptions, WatcherOptions } from "../circus/configuration.ts";

/**
 * What control commands need of the supervisor: circus's arbiter and its watchers. What changes what is wanted (a number of
 * processes, an option, a watcher more or less) shows at once; the promise ends when the processes have followed (stopped,
 * started, ready), which circus's commands with `waiting` wait for. What cannot be done is an InitError: thrown, or rejected
 * before anything was waited for, so that the one who asked without waiting is told too.
 */
export interface Arbiter {
  /** By descending priority, as they are started. */
  readonly watchers: readonly ControlledWatcher[];
  readonly sockets: readonly ControlledSocket[];
  readonly options: CircusOptions;
  /** A watcher that does not run yet. `values` are circus's options of a watcher by circus's own names. */
  add(name: string, cmd: string, values: OptionValues): ControlledWatcher;
  /** It is forgotten at once; `nostop` leaves its processes to themselves. */
  remove(watcher: ControlledWatcher, options: { readonly nostop: boolean }): Promise<void>;
  /** Some or all watchers, in the order of their priority, with the warm-up delay between them; those without autostart stay. */
  startWatchers(watchers: readonly ControlledWatcher[]): Promise<void>;
  stopWatchers(watchers: readonly ControlledWatcher[]): Promise<void>;
  restartWatchers(watchers: readonly ControlledWatcher[]): Promise<void>;
  /** Stops everything, reads the configuration again and starts everything. */
  restart(): Promise<void>;
  /** Every watcher in turn. */
  reload(options: ReloadOptions): Promise<void>;
  /** Reads the configuration again; changes only what changed. */
  reloadConfiguration(): Promise<void>;
  /** Stops everything and ends the program, which answers those who wait for the promise before it goes. */
  quit(): Promise<void>;
  /** Every event from now on; the returned function ends it. */
  subscribe(listener: (event: SupervisorEvent) => void): () => void;
}

/** Strings, numbers, booleans and, for `env`, an object of strings; checked by their types, not by their sense. */
export type OptionValues = Readonly<Record<string, unknown>>;

export interface ReloadOptions {
  /** Else a plain restart. */
  readonly graceful: boolean;
  /** One process after the other. */
  readonly sequential: boolean;
}

export interface ControlledWatcher {
  readonly name: string;
  /** As they are now, after what `set` and `setNumprocesses` changed. */
  readonly options: WatcherOptions;
  readonly status: "active" | "stopped" | "starting" | "stopping";
  /** Those that live. */
  readonly processes: readonly ControlledProcess[];
  /** Sets options by circus's names, all or none of them; processes are replaced where an option asks for it. */
  set(values: OptionValues): Promise<void>;
  setNumprocesses(count: number): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  reload(options: ReloadOptions): Promise<void>;
  /** To one of `processes`, with the hooks before_signal and after_signal. */
  signal(process: ControlledProcess, signal: number): void;
  /** The signal, then SIGKILL after the time; undefined: the watcher's own stop_signal, graceful_timeout (seconds). */
  kill(process: ControlledProcess, signal: number | undefined, gracefulTimeout: number | undefined): Promise<void>;
  /** Why it is not well; undefined: it is. Its `health` program is asked, where it has one. */
  checkHealth(): Promise<string | undefined>;
  /** What the hook extended_stats tells of a process, to be shown beside its statistics; empty without a hook. */
  extendedStats(process: ControlledProcess): Promise<Readonly<Record<string, unknown>>>;
}

export interface ControlledProcess {
  readonly pid: number;
  readonly wid: number;
  /** Seconds since 1970. */
  readonly started: number;
}

export interface ControlledSocket {
  readonly name: string;
  readonly fd: number;
  readonly host: string;
  readonly port: number;
  /** Of a unix socket; undefined: `host` and `port`. */
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
