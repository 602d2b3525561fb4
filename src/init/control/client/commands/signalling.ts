import { type ControlCommand, checkCount, parseCount, showOk, waitingOption } from "../command.ts";

const signal: ControlCommand = {
  name: "signal",
  short: "Send a signal",
  usage: "<name> [<pid>] [--children] [--recursive] <signum>",
  help: `Sends a signal (a number, or a name as HUP, SIGHUP, SIGRTMIN+1) to every process of a watcher, or to one.`,
  options: [
    { name: "children", help: "to the children of the processes only" },
    { name: "recursive", help: "to the processes and all that descends from them" },
  ],
  arguments: ["watcher", "signal", "signal"],
  message: (words, { children = false, recursive = false }) => {
    checkCount(words, 2, 3);
    const pid = words.length === 3 ? { pid: parseCount(words[1]!) } : {};
    return { name: words[0], children, recursive, signum: words.at(-1), ...pid };
  },
  show: showOk,
};

const kill: ControlCommand = {
  name: "kill",
  short: "Kill a specific process",
  usage: "<name> [<pid>] [--signum <signum>] [--graceful_timeout <seconds>] [--waiting]",
  help: `Ends every process of a watcher, or one: a signal, and SIGKILL to what is still there after the graceful timeout. The
watcher starts others in their place.`,
  options: [
    waitingOption,
    { name: "signum", value: "signum", help: "instead of the watcher's stop_signal (number or name)" },
    { name: "graceful_timeout", value: "seconds", help: "instead of the watcher's graceful_timeout" },
  ],
  arguments: ["watcher", "any"],
  message: (words, { waiting = false, signum, graceful_timeout }) => {
    checkCount(words, 1, 2);
    return {
      name: words[0],
      ...(words.length === 2 ? { pid: parseCount(words[1]!) } : {}),
      ...(signum === undefined ? {} : { signum }),
      ...(graceful_timeout === undefined ? {} : { graceful_timeout }),
      waiting,
    };
  },
  show: showOk,
};

export const signallingCommands: readonly ControlCommand[] = [signal, kill];
