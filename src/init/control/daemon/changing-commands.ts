import type { Arbiter, ControlledWatcher, ReloadOptions } from "../arbiter.ts";
import { type Properties, RequestError } from "../protocol.ts";
import { matchNames } from "./matching.ts";
import { checkOptions } from "./option-check.ts";
import { afterwards, type Command, namedWatcher, type Outcome } from "./outcome.ts";
import { flag, optionalInteger, optionalText, requireProperty, requireText } from "./properties.ts";

/** Commands that change what runs. */

/** circus's `info` of one watcher: which processes went, came and stayed. */
function tellChanges(watcher: ControlledWatcher, work: () => Promise<void>, names: readonly string[]): Outcome {
  const pids = () => watcher.processes.map(({ pid }) => pid).sort((one, other) => one - other);
  const before = pids();
  const tell = () => {
    const after = pids();
    const changes: Properties = {
      stopped: before.filter((pid) => !after.includes(pid)),
      started: after.filter((pid) => !before.includes(pid)),
      kept: after.filter((pid) => before.includes(pid)),
    };
    return { info: Object.fromEntries(names.map((name) => [name, changes[name]])) };
  };
  return { done: afterwards(work(), tell) };
}

/** Of all watchers, of those that a name means, of one alone, which tells more. */
function onWatchers(
  all: (arbiter: Arbiter) => Promise<void>,
  several: (arbiter: Arbiter, watchers: readonly ControlledWatcher[]) => Promise<void>,
  one: (watcher: ControlledWatcher) => Outcome,
): Command {
  return (arbiter, properties) => {
    const name = optionalText(properties, "name");
    if (name === undefined) return { done: afterwards(all(arbiter)) };
    const watchers = matchNames(name, optionalText(properties, "match") ?? "glob", arbiter.watchers);
    return watchers.length === 1 ? one(watchers[0]!) : { done: afterwards(several(arbiter, watchers)) };
  };
}

const start = onWatchers(
  (arbiter) => arbiter.startWatchers(arbiter.watchers),
  (arbiter, watchers) => arbiter.startWatchers(watchers),
  (watcher) => tellChanges(watcher, () => watcher.start(), ["started", "kept"]),
);

const stop = onWatchers(
  (arbiter) => arbiter.stopWatchers(arbiter.watchers),
  (arbiter, watchers) => arbiter.stopWatchers(watchers),
  (watcher) => ({ done: afterwards(watcher.stop(), () => ({ info: null })) }),
);

const restart = onWatchers(
  (arbiter) => arbiter.restart(),
  (arbiter, watchers) => arbiter.restartWatchers(watchers),
  (watcher) => tellChanges(watcher, () => watcher.restart(), ["stopped", "started", "kept"]),
);

function reload(arbiter: Arbiter, properties: Properties): Outcome {
  const options: ReloadOptions = {
    graceful: flag(properties, "graceful", true),
    sequential: flag(properties, "sequential"),
  };
  if (optionalText(properties, "name") === undefined) return { done: afterwards(arbiter.reload(options)) };
  const watcher = namedWatcher(arbiter, properties);
  return tellChanges(watcher, () => watcher.reload(options), ["stopped", "started", "kept"]);
}

function changeNumber(direction: 1 | -1): Command {
  return (arbiter, properties) => {
    const watcher = namedWatcher(arbiter, properties);
    const { numprocesses, singleton } = watcher.options;
    if (singleton) return { answer: { numprocesses, singleton: true } };
    const wanted = Math.max(0, numprocesses + direction * (optionalInteger(properties, "nb") ?? 1));
    const answer = { numprocesses: wanted };
    return { answer, done: afterwards(watcher.setNumprocesses(wanted)) };
  };
}

function set(arbiter: Arbiter, properties: Properties): Outcome {
  const options = checkOptions(requireProperty(properties, "options"));
  return { done: afterwards(namedWatcher(arbiter, properties).set(options)) };
}

function add(arbiter: Arbiter, properties: Properties): Outcome {
  const name = requireText(properties, "name");
  if (name.trim() === "") throw new RequestError("command name shouldn't be empty");
  const options = checkOptions({
    ...(properties.options === undefined ? {} : checkOptions(properties.options)),
    ...(properties.args === undefined || properties.args === null ? {} : { args: properties.args }),
  });
  const watcher = arbiter.add(name, requireText(properties, "cmd"), options);
  return flag(properties, "start") ? { done: afterwards(watcher.start()) } : {};
}

function remove(arbiter: Arbiter, properties: Properties): Outcome {
  const nostop = flag(properties, "nostop");
  return { done: afterwards(arbiter.remove(namedWatcher(arbiter, properties), { nostop })) };
}

export const changingCommands: Readonly<Record<string, Command>> = {
  start,
  stop,
  restart,
  reload,
  incr: changeNumber(1),
  decr: changeNumber(-1),
  set,
  add,
  rm: remove,
  reloadconfig: (arbiter) => ({ done: afterwards(arbiter.reloadConfiguration()) }),
  quit: (arbiter) => ({ done: afterwards(arbiter.quit()) }),
};
