import type { CommandDescription } from "../command.ts";

/** Commands that go on until they are ended. */

export const listen: CommandDescription = {
  name: "listen",
  short: "Subscribe to a watcher event",
  usage: "[<topic> ...]",
  help: `Prints every event as it happens, of all topics or of those that begin so: a line each, or with --json an object on a line
with topic, time and data. Ctrl-C ends it.

    $ circusctl listen watcher.refuge
    watcher.refuge.spawn: {"process_pid": 72976, "time": 1331681080.985104}

watcher.<name>.spawn, reap, kill: a process was started, is gone, got a signal to stop
watcher.<name>.start, stop, reload, updated, add, remove: a watcher was changed`,
  options: [],
  arguments: ["any"],
};

export const top: CommandDescription = {
  name: "top",
  short: "Watch processor, memory and age of all processes",
  usage: "[--sort cpu|mem|age|pid] [--interval <seconds>]",
  help: `Shows the processes of every watcher, and shows them anew every few seconds. Keys: c, m, a, p sort by processor, memory,
age, pid; up and down scroll; q ends it. Where the output is no terminal it is printed once.`,
  options: [
    { name: "sort", value: "cpu|mem|age|pid", otherwise: "cpu", help: "what the processes of a watcher are sorted by" },
    { name: "interval", value: "seconds", otherwise: "1", help: "how often they are asked" },
  ],
  arguments: [],
};
