import type { Response } from "../../protocol.ts";
import { type ControlCommand, checkCount, parseCount, showError, showing, showOptions } from "../command.ts";
import { pythonText } from "../python-text.ts";

/** Commands that only tell. */

function optionalName(words: readonly string[], reason?: string) {
  checkCount(words, 0, 1, reason);
  return words.length === 1 ? { name: words[0] } : {};
}

function nothing(words: readonly string[], reason?: string) {
  checkCount(words, 0, 0, reason);
  return {};
}

const list: ControlCommand = {
  name: "list",
  short: "Get list of watchers or processes in a watcher",
  usage: "[<name>]",
  help: "Tells the names of all watchers, or the pids of one watcher's processes, with commas between them.",
  options: [],
  arguments: ["watcher"],
  message: (words) => optionalName(words),
  show: showing((response) => ((response.pids ?? response.watchers) as unknown[]).join(",")),
};

const status: ControlCommand = {
  name: "status",
  short: "Get the status of a watcher or all watchers",
  usage: "[<name>]",
  help: `A watcher is starting, active, stopping or stopped.

    $ circusctl status dummy
    active
    $ circusctl status
    dummy: active
    dummy2: active
    refuge: active`,
  options: [],
  arguments: ["watcher"],
  message: (words) => optionalName(words, "message invalid"),
  show: (response) => {
    if (response.status === "error") return showError(response);
    if (response.statuses === undefined) return response.status;
    const entries = Object.entries(response.statuses as object).sort(([one], [other]) => (one < other ? -1 : 1));
    return entries.map(([name, text]) => `${name}: ${text}`).join("\n");
  },
};

const numprocesses: ControlCommand = {
  name: "numprocesses",
  short: "Get the number of processes",
  usage: "[<name>]",
  help: "Counts the processes that live: of one watcher, or of all.",
  options: [],
  arguments: ["watcher"],
  message: (words) => optionalName(words, "message invalid"),
  show: showing((response) => `${response.numprocesses}`),
};

const numwatchers: ControlCommand = {
  name: "numwatchers",
  short: "Get the number of watchers",
  usage: "",
  help: "Counts the watchers, stopped ones too.",
  options: [],
  arguments: [],
  message: (words) => nothing(words),
  show: showing((response) => `${response.numwatchers}`),
};

const options: ControlCommand = {
  name: "options",
  short: "Get the value of all options for a watcher",
  usage: "<name>",
  help: "Shows every option of a watcher as it is now, by the names that the configuration file has.",
  options: [],
  arguments: ["watcher"],
  message: (words) => {
    checkCount(words, 1, Number.POSITIVE_INFINITY, "number of arguments invalid");
    return { name: words[0] };
  },
  show: showOptions,
};

const get: ControlCommand = {
  name: "get",
  short: "Get the value of specific watcher options",
  usage: "<name> <key> ...",
  help: "Shows some options of a watcher; an option that does not exist is an error.",
  options: [],
  arguments: ["watcher", "option"],
  message: (words) => {
    checkCount(words, 2, Number.POSITIVE_INFINITY);
    return { name: words[0], keys: words.slice(1) };
  },
  show: showOptions,
};

const globaloptions: ControlCommand = {
  name: "globaloptions",
  short: "Get the arbiter options",
  usage: "[<option>]",
  help: "Shows options of circusd itself: endpoint, stats_endpoint, pubsub_endpoint, check_delay, multicast_endpoint.",
  options: [],
  arguments: ["any"],
  message: (words) => (words.length > 0 ? { option: words[0] } : {}),
  show: (response) => (response.status === "error" ? `${response.reason}` : showOptions(response)),
};

interface Socket {
  readonly fd: number;
  readonly name: string;
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
}

const listsockets: ControlCommand = {
  name: "listsockets",
  short: "Get the list of sockets",
  usage: "",
  help: "Shows the sockets that circusd opened for its watchers: descriptor, name, address.",
  options: [],
  arguments: [],
  message: () => ({}),
  show: showing(({ sockets }) =>
    (sockets as Socket[])
      .map(({ fd, name, path, host, port }) => `${fd}:socket '${name}' at ${path ?? `${host}:${port}`}`)
      .join("\n"),
  ),
};

type Info = Readonly<Record<string, unknown>>;

/** circus's line of a process. */
function infoLine(info: Info): string {
  const text = (name: string) => pythonText(info[name], name);
  const rest = ["cmdline", "username", "nice", "mem_info1", "mem_info2", "cpu", "mem", "ctime"].map(text).join(" ");
  return `${text("pid")}  ${rest}`;
}

function infoText(info: Info): string {
  return [infoLine(info), ...((info.children ?? []) as Info[]).map((child) => `   ${infoLine(child)}`)].join("\n");
}

function watcherLines(name: string, processes: Readonly<Record<string, Info>>): string[] {
  return [`${name}:`, ...Object.entries(processes).map(([pid, info]) => `${pid}: ${infoText(info)}`)];
}

function showStats(response: Response): string {
  const { name, info, infos, process } = response;
  if (typeof name === "string") return watcherLines(name, info as Record<string, Info>).join("\n");
  if (infos === undefined) return `${process}: ${infoText(info as Info)}\n`;
  const watchers = Object.entries(infos as Record<string, Record<string, Info>>);
  return watchers.flatMap(([watcher, processes]) => watcherLines(watcher, processes)).join("\n");
}

const stats: ControlCommand = {
  name: "stats",
  short: "Get process infos",
  usage: "[--extended] [<watchername>] [<processid>]",
  help: `Shows of every process, and of its children below it: pid, program, user, nice, resident and virtual memory,
% of a processor since somebody asked last, % of the memory, processor time.

    $ circusctl stats web
    web:
    4772: 4772  nginx root 0 1.50M 2.44M 0.0 0.006 0:00.41`,
  options: [{ name: "extended", help: "add what the hook extended_stats tells" }],
  arguments: ["watcher", "any"],
  message: (words, { extended = false }) => {
    checkCount(words, 0, 2, "message invalid");
    if (words.length === 2) return { name: words[0], process: parseCount(words[1]!), extended };
    return words.length === 1 ? { name: words[0], extended } : { extended };
  },
  show: showing(showStats),
};

const dstats: ControlCommand = {
  name: "dstats",
  short: "Get circusd stats",
  usage: "",
  help: "Shows of circusd itself what `stats` shows of its processes.",
  options: [],
  arguments: [],
  message: (words) => nothing(words, "Invalid message"),
  show: showing(({ info }) => `Main Process:\n    ${infoLine(info as Info)}`),
};

export const askingCommands: readonly ControlCommand[] = [
  list,
  status,
  numprocesses,
  numwatchers,
  options,
  get,
  globaloptions,
  listsockets,
  stats,
  dstats,
];
