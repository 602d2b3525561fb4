import { kill as sendSignal } from "native";
import { parseSignal } from "../../circus/python-values.ts";
import { InitError } from "../../system/errors.ts";
import { childrenOf, listProcesses } from "../../system/processes.ts";
import type { Arbiter, ControlledProcess, ControlledWatcher } from "../arbiter.ts";
import { type Properties, RequestError } from "../protocol.ts";
import { afterwards, type Command, namedWatcher, type Outcome } from "./outcome.ts";
import { flag, optionalInteger, optionalNumber, requireProperty } from "./properties.ts";

/** Throws RequestError. A number, or text of one, or a name. */
function signalOf(value: unknown): number {
  try {
    return parseSignal(String(value));
  } catch (error) {
    if (error instanceof InitError) throw new RequestError("signal invalid");
    throw error;
  }
}

/** The one that a message's `pid` names, if it is the watcher's; all without a `pid`. */
function meantProcesses(watcher: ControlledWatcher, properties: Properties): readonly ControlledProcess[] {
  const pid = optionalInteger(properties, "pid");
  if (pid === undefined) return watcher.processes;
  const found = watcher.processes.filter((process) => process.pid === pid);
  if (found.length === 0) throw new RequestError(`process ${pid} not found in '${watcher.name}'`);
  return found;
}

function signal(arbiter: Arbiter, properties: Properties): Outcome {
  const watcher = namedWatcher(arbiter, properties);
  const number = signalOf(requireProperty(properties, "signum"));
  // circus's documentation calls it child_pid, its code childpid.
  const child = optionalInteger(properties, "childpid") ?? optionalInteger(properties, "child_pid");
  if (child !== undefined && optionalInteger(properties, "pid") === undefined)
    throw new RequestError("cannot specify childpid without pid");
  const processes = meantProcesses(watcher, properties);
  const onlyChildren = child !== undefined || flag(properties, "children");
  const recursive = !onlyChildren && flag(properties, "recursive");
  // Looked up while they still are their children.
  const living = onlyChildren || recursive ? listProcesses() : [];
  for (const process of processes) {
    const children = childrenOf(living, process.pid, recursive);
    if (child !== undefined && !children.includes(child))
      throw new RequestError(`process ${child} is no child of process ${process.pid}`);
    if (!onlyChildren) watcher.signal(process, number);
    signalChildren(child === undefined ? children : [child], number);
  }
  return {};
}

/** One that ended meanwhile needs no signal. */
function signalChildren(pids: readonly number[], number: number): void {
  for (const pid of pids) sendSignal(pid, number);
}

function kill(arbiter: Arbiter, properties: Properties): Outcome {
  const watcher = namedWatcher(arbiter, properties);
  const { signum } = properties;
  const number = signum === undefined || signum === null ? undefined : signalOf(signum);
  const timeout = optionalNumber(properties, "graceful_timeout");
  if (timeout !== undefined && timeout < 0) throw new RequestError("'graceful_timeout' isn't a number");
  const processes = meantProcesses(watcher, properties);
  return { done: afterwards(Promise.all(processes.map((process) => watcher.kill(process, number, timeout)))) };
}

export const signalCommands: Readonly<Record<string, Command>> = { signal, kill };
