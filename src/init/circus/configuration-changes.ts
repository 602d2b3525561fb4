import type { CircusOptions, Configuration, SocketOptions, WatcherOptions } from "./configuration.ts";

/** What `reloadconfig` has to do. */
export interface ConfigurationChanges {
  /** Options of `[circus]` that changed: circus restarts everything then. */
  readonly circus: readonly (keyof CircusOptions)[];
  /** Names that are to be closed and opened again are in both. */
  readonly sockets: { readonly removed: readonly string[]; readonly added: readonly SocketOptions[] };
  readonly watchers: {
    readonly removed: readonly string[];
    readonly added: readonly WatcherOptions[];
    /** To be stopped and started with the new options, for themselves or for a socket that they use. */
    readonly changed: readonly WatcherOptions[];
    /** Only the number of processes changed. */
    readonly resized: readonly WatcherOptions[];
  };
}

/**
 * What differs between two readings, as circus's reload_from_config looks at it, except that an option which is new in the
 * file counts too. Where an option stands in the file counts for nothing.
 */
export function compareConfigurations(before: Configuration, after: Configuration): ConfigurationChanges {
  const sockets = compareNamed(before.sockets, after.sockets);
  const changedSockets = new Set(sockets.changed.map(({ name }) => name));
  const watchers = compareNamed(before.watchers, after.watchers);
  const own = new Set(watchers.changed);
  const previous = new Map(before.watchers.map((watcher) => [watcher.name, watcher]));
  const isResized = (watcher: WatcherOptions) =>
    own.has(watcher) && isSame({ ...watcher, numprocesses: 0 }, { ...previous.get(watcher.name)!, numprocesses: 0 });
  const kept = after.watchers.filter(({ name }) => previous.has(name));
  const restarts = (watcher: WatcherOptions) =>
    [...changedSockets].some((socket) => usesSocket(watcher, socket)) || (own.has(watcher) && !isResized(watcher));

  return {
    circus: (Object.keys(after.circus) as (keyof CircusOptions)[]).filter(
      (option) => before.circus[option] !== after.circus[option],
    ),
    sockets: {
      removed: [...sockets.removed, ...changedSockets],
      added: [...sockets.added, ...sockets.changed],
    },
    watchers: {
      removed: watchers.removed,
      added: watchers.added,
      changed: kept.filter(restarts),
      resized: kept.filter((watcher) => isResized(watcher) && !restarts(watcher)),
    },
  };
}

/** Whether a watcher's processes get the socket's number, or the socket itself. */
export function usesSocket(watcher: WatcherOptions, socket: string): boolean {
  return watcher.stdinSocket === socket || mentionsSocket(watcher, socket);
}

/** Whether `$(circus.sockets.NAME)` stands in its command; names of sockets are in lower case. */
export function mentionsSocket({ cmd, args, shellArgs }: WatcherOptions, socket: string): boolean {
  const words = [cmd, args, shellArgs].flat().join(" ").toLowerCase();
  return words.includes(`circus.sockets.${socket})`);
}

interface Named {
  readonly name: string;
}

function compareNamed<T extends Named>(before: readonly T[], after: readonly T[]) {
  const old = new Map(before.map((one) => [one.name, one]));
  const names = new Set(after.map(({ name }) => name));
  return {
    removed: before.map(({ name }) => name).filter((name) => !names.has(name)),
    added: after.filter(({ name }) => !old.has(name)),
    changed: after.filter((one) => old.has(one.name) && !isSame(old.get(one.name), one)),
  };
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  keys.delete("origin");
  return [...keys].every((key) => isSame(left[key as keyof typeof left], right[key as keyof typeof right]));
}
