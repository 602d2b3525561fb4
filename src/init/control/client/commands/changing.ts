import type { Response } from "../../protocol.ts";
import {
  ArgumentError,
  type ControlCommand,
  checkCount,
  type GivenOptions,
  matchOption,
  parseCount,
  showing,
  showOk,
  waitingOption,
} from "../command.ts";
import { convertOption } from "../option-conversion.ts";

/** Commands that change what runs. */

const waitingHelp = `Without --waiting it comes back at once; with it, when all is done, which the option graceful_timeout may make long:
think of --timeout.`;

const matchHelp = `The name means all watchers that it matches: as a shell pattern (glob), as a regular expression from the name's start on
(regex), or only the one of this name (simple).`;

function optionalPattern(words: readonly string[], { waiting = false, match = "glob" }: GivenOptions) {
  return { ...(words.length > 0 ? { name: words[0] } : {}), waiting, match };
}

const start: ControlCommand = {
  name: "start",
  short: "Start the arbiter or a watcher",
  usage: "[<name>] [--waiting] [--match=simple|glob|regex]",
  help: `Starts all watchers (but those without autostart), or those that a name means.\n\n${matchHelp}\n\n${waitingHelp}`,
  options: [waitingOption, matchOption],
  arguments: ["watcher"],
  message: (words, options) => {
    checkCount(words, 0, 1);
    return optionalPattern(words, options);
  },
  show: showOk,
};

const stop: ControlCommand = {
  ...start,
  name: "stop",
  short: "Stop watchers",
  help: `Stops all watchers, or those that a name means: stop_signal, and SIGKILL after graceful_timeout.\n\n${matchHelp}\n\n${waitingHelp}`,
  message: optionalPattern,
};

const restart: ControlCommand = {
  ...start,
  name: "restart",
  short: "Restart the arbiter or a watcher",
  help: `Stops and starts watchers; without a name everything, and the configuration is read again.\n\n${matchHelp}\n\n${waitingHelp}`,
};

const reload: ControlCommand = {
  name: "reload",
  short: "Reload the arbiter or a watcher",
  usage: "[<name>] [--terminate] [--waiting] [--sequential]",
  help: `Replaces the processes of a watcher, or of all: SIGHUP where send_hup is set, else new processes are started before the old
ones are stopped.\n\n${waitingHelp}`,
  options: [
    waitingOption,
    { name: "sequential", help: "one process after the other" },
    { name: "terminate", help: "stop and start, as restart does" },
  ],
  arguments: ["watcher"],
  message: (words, { terminate = false, waiting = false, sequential = false }) => {
    checkCount(words, 0, 1, "invalid number of arguments");
    return { ...(words.length > 0 ? { name: words[0] } : {}), graceful: !terminate, waiting, sequential };
  },
  show: showOk,
};

function showNumber(response: Response): string {
  if ("singleton" in response) return "This watcher is a Singleton - not changing the number of processes";
  return `${response.numprocesses ?? "ok"}`;
}

const incr: ControlCommand = {
  name: "incr",
  short: "Increment the number of processes in a watcher",
  usage: "<name> [<nb>] [--waiting]",
  help: `Adds processes to a watcher, one if no number is given, and tells how many it is to have now.\n\n${waitingHelp}`,
  options: [waitingOption],
  arguments: ["watcher", "any"],
  message: (words, { waiting = false }) => {
    checkCount(words, 1, Number.POSITIVE_INFINITY);
    return { name: words[0], ...(words.length > 1 ? { nb: parseCount(words[1]!) } : {}), waiting };
  },
  show: showing(showNumber),
};

const decr: ControlCommand = {
  ...incr,
  name: "decr",
  short: "Decrement the number of processes in a watcher",
  help: `Takes processes from a watcher, one if no number is given, and tells how many it is to have now.\n\n${waitingHelp}`,
};

const set: ControlCommand = {
  name: "set",
  short: "Set a watcher option",
  usage: "<name> <key> <value> [<key> <value> ...] [--waiting]",
  help: `Changes options of a watcher until circusd ends or reads its configuration again. Processes are replaced where an option
only shows in new ones. An environment is written A=1,B=2.\n\n${waitingHelp}`,
  options: [waitingOption],
  arguments: ["watcher", "option", "any"],
  message: (words, { waiting = false }) => {
    checkCount(words, 3, Number.POSITIVE_INFINITY);
    if (words.length % 2 === 0) throw new ArgumentError("List of key/values is invalid");
    const options: Record<string, unknown> = {};
    for (let at = 1; at < words.length; at += 2) {
      const key = words[at]!.toLowerCase();
      options[key] = convertOption(key, words[at + 1]!);
    }
    return { name: words[0], ...(waiting ? { waiting } : {}), options };
  },
  show: showOk,
};

const add: ControlCommand = {
  name: "add",
  short: "Add a watcher",
  usage: "[--start] <name> <cmd>",
  help: `Adds a watcher that runs a command, until circusd ends or reads its configuration again. Its other options are the
defaults; see the command set.`,
  options: [{ name: "start", help: "start the watcher immediately" }],
  arguments: ["any", "any"],
  message: (words, { start: isStarted = false }) => {
    checkCount(words, 2, Number.POSITIVE_INFINITY);
    return { name: words[0], cmd: words.slice(1).join(" "), start: isStarted };
  },
  show: showOk,
};

const rm: ControlCommand = {
  name: "rm",
  short: "Remove a watcher",
  usage: "<name> [--waiting] [--nostop]",
  help: `Stops a watcher and forgets it.\n\n${waitingHelp}`,
  options: [waitingOption, { name: "nostop", help: "leave its processes running, unwatched" }],
  arguments: ["watcher"],
  message: (words, { waiting = false, nostop = false }) => {
    checkCount(words, 1, 1);
    return { name: words[0], waiting, nostop };
  },
  show: showOk,
};

const reloadconfig: ControlCommand = {
  name: "reloadconfig",
  short: "Reload the configuration file",
  usage: "[--waiting]",
  help: `Reads the configuration again and changes what changed in it: new watchers are started, missing ones stopped, changed ones
restarted; all others go on untouched.\n\n${waitingHelp}`,
  options: [waitingOption],
  arguments: [],
  message: (_, { waiting = false }) => ({ waiting }),
  show: showOk,
};

const quit: ControlCommand = {
  name: "quit",
  short: "Quit the arbiter immediately",
  usage: "[--waiting]",
  help: `Stops all watchers and ends circusd: a container whose PID 1 it is ends too.\n\n${waitingHelp}`,
  options: [waitingOption],
  arguments: [],
  message: (_, { waiting = false }) => ({ waiting }),
  show: showOk,
};

export const changingCommands: readonly ControlCommand[] = [
  start,
  stop,
  restart,
  reload,
  incr,
  decr,
  set,
  add,
  rm,
  reloadconfig,
  quit,
];
