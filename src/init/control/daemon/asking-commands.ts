import { readlink } from "native";
import type { Arbiter, ControlledWatcher } from "../arbiter.ts";
import { optionValues } from "../option-values.ts";
import { type Properties, RequestError, secondsNow } from "../protocol.ts";
import { type Command, findWatcher, namedWatcher, type Outcome } from "./outcome.ts";
import { flag, optionalInteger, optionalText, requireProperty } from "./properties.ts";
import type { Statistics } from "./statistics.ts";

/** Commands that only tell. */

function list(arbiter: Arbiter, properties: Properties): Outcome {
  const name = optionalText(properties, "name");
  if (name !== undefined) return { answer: { pids: findWatcher(arbiter, name).processes.map(({ pid }) => pid) } };
  // circus keeps these names in lower case.
  return { answer: { watchers: arbiter.watchers.map((watcher) => watcher.name.toLowerCase()).sort() } };
}

function status(arbiter: Arbiter, properties: Properties): Outcome {
  const name = optionalText(properties, "name");
  if (name !== undefined) return { answer: { status: findWatcher(arbiter, name).status } };
  return {
    answer: { statuses: Object.fromEntries(arbiter.watchers.map((watcher) => [watcher.name, watcher.status])) },
  };
}

function numprocesses(arbiter: Arbiter, properties: Properties): Outcome {
  const name = optionalText(properties, "name");
  if (name !== undefined)
    return { answer: { numprocesses: findWatcher(arbiter, name).processes.length, watcher_name: name } };
  return { answer: { numprocesses: arbiter.watchers.reduce((sum, { processes }) => sum + processes.length, 0) } };
}

function valuesOf(watcher: ControlledWatcher): Properties {
  const here = readlink("/proc/self/cwd");
  return optionValues(watcher.options, typeof here === "string" ? here : null);
}

function get(arbiter: Arbiter, properties: Properties): Outcome {
  const keys = requireProperty(properties, "keys");
  const values = valuesOf(namedWatcher(arbiter, properties));
  if (!Array.isArray(keys)) throw new RequestError("'keys' isn't a list");
  for (const key of keys)
    if (typeof key !== "string" || !Object.hasOwn(values, key)) throw new RequestError(`'${key}' option not found`);
  return { answer: { options: Object.fromEntries(keys.map((key: string) => [key, values[key]])) } };
}

function globalOptions(arbiter: Arbiter, properties: Properties, endpoint: string): Outcome {
  // circus's other endpoints are one with the first here.
  const values: Properties = {
    endpoint,
    stats_endpoint: endpoint,
    pubsub_endpoint: endpoint,
    check_delay: arbiter.options.checkDelay,
    multicast_endpoint: null,
  };
  const wanted = optionalText(properties, "option");
  if (wanted === undefined) return { answer: { options: values } };
  if (!Object.hasOwn(values, wanted)) throw new RequestError(`'${wanted}' not an existing option`);
  return { answer: { options: { [wanted]: values[wanted] } } };
}

function listSockets(arbiter: Arbiter): Outcome {
  const sockets = [...arbiter.sockets].sort((one, other) => one.fd - other.fd);
  return {
    answer: {
      sockets: sockets.map(({ fd, name, backlog, host, port, path }) =>
        path === undefined ? { fd, name, backlog, host, port } : { fd, name, backlog, path },
      ),
    },
  };
}

/** Every process of some watchers by its pid, with what the hook extended_stats adds where that is asked for. */
async function describeProcesses(
  statistics: Statistics,
  watchers: readonly ControlledWatcher[],
  extended: boolean,
): Promise<ReadonlyMap<ControlledWatcher, Readonly<Record<string, Properties>>>> {
  const described = statistics.ofProcesses(watchers.flatMap(({ processes }) => processes.map(({ pid }) => pid)));
  const byPid = new Map(described.map((one) => [one.pid, one]));
  const infos = watchers.map(async (watcher) => {
    const entries = watcher.processes.map(async (process): Promise<[string, Properties]> => {
      const { pid, started, wid } = process;
      const own = { age: secondsNow() - started, started, wid };
      return [`${pid}`, { ...byPid.get(pid), ...own, ...(extended ? await watcher.extendedStats(process) : {}) }];
    });
    return [watcher, Object.fromEntries(await Promise.all(entries))] as const;
  });
  return new Map(await Promise.all(infos));
}

async function describeAll(statistics: Statistics, arbiter: Arbiter): Promise<Properties> {
  const infos = await describeProcesses(statistics, arbiter.watchers, false);
  return { infos: Object.fromEntries([...infos].map(([watcher, info]) => [watcher.name, info])) };
}

async function describeWatcher(
  statistics: Statistics,
  watcher: ControlledWatcher,
  properties: Properties,
): Promise<Properties> {
  const pid = optionalInteger(properties, "process");
  const name = properties.name;
  if (pid !== undefined && !watcher.processes.some((process) => process.pid === pid))
    throw new RequestError(`process ${pid} not found in '${name}'`);
  const infos = await describeProcesses(statistics, [watcher], flag(properties, "extended"));
  const info = infos.get(watcher)!;
  return pid === undefined ? { name, info } : { process: pid, info: info[`${pid}`] };
}

function statsOf(statistics: Statistics): Command {
  return (arbiter, properties) => {
    const name = optionalText(properties, "name");
    if (name === undefined) return { answer: describeAll(statistics, arbiter) };
    return { answer: describeWatcher(statistics, findWatcher(arbiter, name), properties) };
  };
}

export function makeAskingCommands(statistics: Statistics, endpoint: string): Readonly<Record<string, Command>> {
  return {
    list,
    status,
    numprocesses,
    numwatchers: (arbiter) => ({ answer: { numwatchers: arbiter.watchers.length } }),
    options: (arbiter, properties) => ({
      answer: { options: valuesOf(namedWatcher(arbiter, properties)) },
    }),
    get,
    globaloptions: (arbiter, properties) => globalOptions(arbiter, properties, endpoint),
    listsockets: listSockets,
    stats: statsOf(statistics),
    dstats: () => ({ answer: { info: statistics.ofDaemon() } }),
  };
}
