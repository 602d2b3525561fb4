import type { FlappingOptions } from "./configuration.ts";
import {
  type SectionOptions,
  takeBoolean,
  takeInteger,
  takeNumber,
  takeUnknown,
  takeWord,
  tellError,
  tellWarning,
} from "./section-options.ts";

const usual: FlappingOptions = { attempts: 2, window: 1, retryIn: 7, maxRetry: 5, active: true };

/** What serves instead of circus's other plugins, by the last name of their class. */
const instead: Readonly<Record<string, string>> = {
  StatsdEmitter: "read `circusctl stats --json`, or the option events of [circus]",
  FullStats: "read `circusctl stats --json`, or the option events of [circus]",
  ResourceWatcher: "rlimit_as and rlimit_cpu bound a process, max_age replaces it",
  WatchDog: "the option health of a watcher asks a program",
  HttpObserver: "the option health of a watcher asks a program, such as curl",
  RedisObserver: "the option health of a watcher asks a program, such as redis-cli",
  CommandReloader: "restart the watcher after you changed its program",
};

/** `[plugin:NAME]`: the options of the flapping plugin; others cannot be run, which is told. */
export function readPlugin(options: SectionOptions): FlappingOptions | undefined {
  const use = takeWord(options, "use");
  if (use === undefined) {
    tellError(options, "use", `[${options.section.name}] says no use`, "circus.plugins.flapping.Flapping is built in");
    return undefined;
  }
  if (use !== "circus.plugins.flapping.Flapping") {
    const className = use.split(".").at(-1)!;
    const hint = Object.hasOwn(instead, className) ? instead[className] : undefined;
    tellWarning(options, "use", `plugin ${use} is written in Python and does not run here`, hint);
    return undefined;
  }
  const flapping = readFlapping(options, "", usual);
  // Every plugin is a watcher of circus's; ours is none.
  for (const name of ["priority", "name"]) options.asked.add(name);
  takeUnknown(options);
  return flapping.active ? flapping : undefined;
}

/** With `flapping.` before its names: what a watcher says of its own. */
export function readFlapping(options: SectionOptions, prefix: string, outer: FlappingOptions): FlappingOptions {
  return {
    attempts: takeInteger(options, `${prefix}attempts`, outer.attempts, 1),
    window: takeNumber(options, `${prefix}window`, outer.window, 0),
    retryIn: takeNumber(options, `${prefix}retry_in`, outer.retryIn, 0),
    maxRetry: takeInteger(options, `${prefix}max_retry`, outer.maxRetry, -1),
    active: takeBoolean(options, `${prefix}active`, outer.active),
  };
}
