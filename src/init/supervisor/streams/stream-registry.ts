import * as native from "native";
import type { StreamOptions } from "../../circus/configuration.ts";
import { errnoText } from "../../system/errors.ts";
import { O_RDWR, O_WRONLY, statFile } from "../../system/files.ts";
import type { Loop } from "../../system/loop.ts";
import type { Log } from "../log.ts";
import { Outlet } from "../outlet.ts";
import { formatTime } from "../time-format.ts";
import { FileSink, type Rotation } from "./file-sink.ts";
import { DecoratedSink } from "./line-decoration.ts";
import { Redirection } from "./redirection.ts";
import { followName, noRotation, rotateBySize, rotateByTime } from "./rotations.ts";
import type { Sink, Source } from "./sink.ts";

const colors = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"];
/** These names of our own descriptors are not opened again: a user who is not root may not. */
const ownDescriptors: Readonly<Record<string, 1 | 2>> = {
  "/dev/stdout": 1,
  "/dev/stderr": 2,
  "/dev/fd/1": 1,
  "/dev/fd/2": 2,
  "/proc/self/fd/1": 1,
  "/proc/self/fd/2": 2,
};
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;

interface Opened {
  readonly sink: Sink;
  users: number;
}

/** Where the output of all watchers goes. Streams that name the same file share one, so that neither rotates it away under the other. */
export class StreamRegistry {
  readonly #loop: Loop;
  readonly #log: Log;
  readonly #standard: Readonly<Record<1 | 2, Outlet>>;
  readonly #opened = new Map<string, Opened>();
  readonly #redirections = new Map<Redirection, StreamOptions>();

  constructor(loop: Loop, log: Log, standard: Readonly<Record<1 | 2, Outlet>>) {
    this.#loop = loop;
    this.#log = log;
    this.#standard = standard;
  }

  /** Takes over the read end of a process's pipe, until nobody has the other open. A file that cannot be opened is told in the log. */
  redirect(fd: number, options: StreamOptions, source: Source): void {
    const sink = decorate(this.#take(options), options, source.watcher);
    const redirection = new Redirection(fd, this.#loop, sink, source, () => {
      this.#release(this.#redirections.get(redirection)!);
      this.#redirections.delete(redirection);
    });
    this.#redirections.set(redirection, options);
  }

  /** Leads what a watcher's processes print elsewhere from now on. */
  change(watcher: string, channel: Source["channel"], options: StreamOptions): void {
    for (const [redirection, before] of this.#redirections) {
      const { source } = redirection;
      if (source.watcher !== watcher || source.channel !== channel) continue;
      redirection.sink = decorate(this.#take(options), options, watcher);
      this.#release(before);
      this.#redirections.set(redirection, options);
    }
  }

  /** Takes what was printed so far: after this nobody reads any more. False: some of it has to wait for a reader. */
  drain(): boolean {
    return [...this.#redirections.keys()].map((redirection) => redirection.drain()).every(Boolean);
  }

  #take(options: StreamOptions): Sink {
    if (!("filename" in options)) return outletSink(this.#standard[1]);
    const opened = this.#opened.get(options.filename) ?? { sink: this.#openFile(options), users: 0 };
    opened.users++;
    this.#opened.set(options.filename, opened);
    return opened.sink;
  }

  #release(options: StreamOptions): void {
    const opened = "filename" in options ? this.#opened.get(options.filename) : undefined;
    if (!opened || --opened.users > 0 || !("filename" in options)) return;
    this.#opened.delete(options.filename);
    opened.sink.close();
  }

  reopenAll(): void {
    for (const { sink } of this.#opened.values()) sink.reopen();
  }

  #openFile(options: StreamOptions & { readonly filename: string }): Sink {
    const path = options.filename;
    const own = ownDescriptors[path];
    if (own) return outletSink(this.#standard[own]);
    const type = statFile(path, true)?.type;
    if (type !== undefined && type !== "file") return this.#openSpecial(path, type === "fifo");
    return new FileSink(path, rotationOf(options), this.#log);
  }

  /** A terminal or a pipe: someone who may be slow reads it. A named pipe that we read too takes data before its reader comes. */
  #openSpecial(path: string, isPipe: boolean): Sink {
    const fd = native.open(path, (isPipe ? O_RDWR : O_WRONLY) | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) this.#log.error(`output is lost: open ${path}: ${errnoText(-fd)}`);
    const told = (errno: number) => this.#log.error(`output is lost: write ${path}: ${errnoText(errno)}`);
    return outletSink(new Outlet(fd, this.#loop, fd < 0 ? () => {} : told), () => native.close(fd));
  }
}

function outletSink(outlet: Outlet, close = () => {}): Sink {
  return {
    get hasRoom() {
      return outlet.hasRoom;
    },
    write: (lines) => outlet.write(lines),
    reopen: () => {},
    close,
  };
}

function rotationOf(options: StreamOptions & { readonly filename: string }): Rotation {
  if (options.class === "FileStream") return rotateBySize(options.maxBytes, options.backupCount);
  if (options.class === "WatchedFileStream") return followName;
  if (options.class !== "TimedRotatingFileStream") return noRotation;
  const { rotateWhen: when, rotateInterval: interval, backupCount, utc } = options;
  return rotateByTime(options.filename, { when, interval, backupCount, utc });
}

function decorate(sink: Sink, options: StreamOptions, watcher: string): Sink {
  if (options.class === "NamedStdoutStream")
    return new DecoratedSink(sink, { prefix: () => `${watcher} | `, suffix: "", skipsEmptyLines: false });
  if (options.class === "StdoutStream") return sink;
  const format = options.timeFormat;
  if (format === undefined) return sink;
  const stamp = (pid: number) => `${formatTime(format, new Date())} [${pid}] | `;
  if (options.class !== "FancyStdoutStream")
    return new DecoratedSink(sink, { prefix: ({ pid }) => stamp(pid), suffix: "", skipsEmptyLines: false });
  const chosen = colors.indexOf(options.color ?? "");
  // circus takes one by chance; this one stays the watcher's own.
  const color =
    chosen === -1 ? [...watcher].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % colors.length : chosen;
  return new DecoratedSink(sink, {
    prefix: ({ pid }) => `\x1b[0;3${color + 1};40m${stamp(pid)}`,
    suffix: "\x1b[0m",
    skipsEmptyLines: true,
  });
}
