import * as native from "native";
import type { LeftBehind, RunRequest, TerminalSize } from "../../protocol/messages.ts";
import { ENOENT, errnoText } from "../system/errors.ts";
import { findExecutable } from "../system/executable.ts";
import { makeFolders } from "../system/files.ts";
import type { Loop } from "../system/loop.ts";
import { commandOf, listLeftBehind, type Process } from "../system/processes.ts";
import { SIGKILL, signalName } from "../system/signals.ts";
import { processGroups, type User } from "../system/users.ts";
import { type CommandFds, InputStream, OutputStream, openFds } from "./command-streams.ts";
import type { Output } from "./output.ts";
import { Recorder } from "./recorder.ts";
import { writeScripts } from "./scripts.ts";

export interface CommandHost {
  readonly loop: Loop;
  readonly output: Output;
  /** Collects children that ended; whether others are left. */
  reap(): boolean;
  /** Processes that are there before a command starts. */
  present(): ReadonlySet<number>;
  /** Sessions of the other commands. */
  others(command: Command): ReadonlySet<number>;
  /** Gives /dev and /dev/shm back as they were when the agent started. */
  renewDevices(): void;
  finished(command: Command): void;
}

/** For what nothing wakes us: the death of a process that is no child of ours, room for output of a silent command. */
const LOOK_AGAIN_MS = 10;

/** A command from its start until all that it left behind is gone and all that it printed is on its way. */
export class Command {
  readonly request: RunRequest;
  readonly pid: number;
  readonly #host: CommandHost;
  readonly #before: ReadonlySet<number>;
  readonly #started: number;
  readonly #removeScripts: () => void;
  readonly #fds: CommandFds;
  readonly #outputs: OutputStream[];
  readonly #input: InputStream | undefined;
  readonly #recorder: Recorder | undefined;
  readonly #leftBehind = new Map<number, LeftBehind>();
  #ended: native.Ended | undefined;
  #alone = false;
  #reported = false;
  #cancelLook = () => {};

  private constructor(
    host: CommandHost,
    request: RunRequest,
    start: {
      readonly pid: number;
      readonly fds: CommandFds;
      readonly before: ReadonlySet<number>;
      readonly started: number;
      readonly removeScripts: () => void;
    },
  ) {
    const { loop, output } = host;
    const { fds } = start;
    this.#host = host;
    this.request = request;
    this.pid = start.pid;
    this.#before = start.before;
    this.#started = start.started;
    this.#removeScripts = start.removeScripts;
    this.#fds = fds;
    this.#outputs = fds.outputs.map(
      ({ fd, kind }) => new OutputStream(fd, kind, request.id, output, () => this.#finishStreams()),
    );
    if (fds.input !== undefined)
      this.#input = new InputStream(fds.input, loop, (bytes) =>
        output.send({ type: "consumed", id: request.id, bytes }),
      );
    if (fds.record !== undefined)
      this.#recorder = new Recorder(fds.record, fds.terminal, start.pid, request.cwd, (command, workdir, exitCode) =>
        output.send({ type: "command", id: request.id, command, workdir, exitCode }),
      );
    for (const watcher of [...this.#outputs, this.#input, this.#recorder]) if (watcher) loop.watch(watcher);
  }

  /** Undefined when it could not be started; that is reported. Throws InitError where the request itself cannot be met. */
  static start(host: CommandHost, request: RunRequest, user: User): Command | undefined {
    const started = native.now();
    const cwd = request.cwd === "" ? "/" : request.cwd;
    makeFolders(cwd, 0o755);
    // runc takes an empty HOME for none.
    const env = request.env.some((entry) => entry.startsWith("HOME=") && entry.length > "HOME=".length)
      ? request.env
      : [...request.env.filter((entry) => !entry.startsWith("HOME=")), `HOME=${user.home}`];
    const removeScripts = writeScripts(request.scripts);
    const executable = findExecutable(request.argv[0] ?? "", env, cwd);
    const refuse = (error: string, exitCode: number) => {
      removeScripts();
      const milliseconds = native.now() - started;
      const { id } = request;
      host.output.send({ type: "ran", id, exitCode, signal: undefined, error, leftBehind: [], milliseconds });
      return undefined;
    };
    if ("error" in executable) return refuse(executable.error, executable.exitCode);

    const { terminal, stdin, record = false } = request;
    const fds = orElse(removeScripts, () => openFds({ terminal, stdin, record, uid: user.uid }));
    const before = host.present();
    const pid = native.spawn({
      file: executable.file,
      argv: request.argv,
      env,
      cwd,
      uid: user.uid,
      gid: user.gid,
      groups: (request.listPrimaryGroup ?? true) ? processGroups(user) : user.groups,
      fds: fds.theirs,
      terminal: terminal ? 1 : 0,
    });
    for (const fd of new Set(fds.theirs)) native.close(fd);
    if (typeof pid === "number") return new Command(host, request, { pid, fds, before, started, removeScripts });

    for (const fd of new Set([fds.input, fds.record, ...fds.outputs.map(({ fd }) => fd)]))
      if (fd !== undefined) native.close(fd);
    const { call, error } = pid;
    if (call === "exec") return refuse(`exec ${executable.file}: ${errnoText(error)}`, error === ENOENT ? 127 : 126);
    if (call === "chdir") return refuse(`chdir to cwd (${JSON.stringify(cwd)}): ${errnoText(error)}`, 126);
    return refuse(`${call}: ${errnoText(error)}`, 126);
  }

  signal(number: number): void {
    if (!this.#ended) native.kill(-this.pid, number);
  }

  resize({ rows, columns }: TerminalSize): void {
    if (this.#fds.terminal !== undefined && !this.#ended) native.setWindowSize(this.#fds.terminal, rows, columns);
  }

  write(data: Uint8Array): void {
    this.#recorder?.typed(data);
    this.#input?.push(data);
  }

  endInput(): void {
    // A terminal has no end of its own: that is typed (Ctrl-D), and its master is read from as well.
    if (this.#fds.terminal === undefined) this.#input?.end();
  }

  /** The command itself is dead and collected. */
  end(ended: native.Ended): void {
    this.#ended = ended;
    if (this.#fds.terminal === undefined) this.#input?.close();
    this.endLeftovers();
  }

  /** Called again at every death of a process, until nothing is left. */
  endLeftovers(): void {
    if (!this.#ended || this.#alone) return;
    this.#cancelLook();
    if (this.request.leftovers === "end" && this.#host.reap()) {
      const left = listLeftBehind(this.#before, this.#host.others(this));
      for (const process of left) this.#killLeftover(process);
      if (left.length > 0) {
        this.#cancelLook = this.#host.loop.after(LOOK_AGAIN_MS, () => this.endLeftovers());
        return;
      }
    }
    if (this.request.leftovers === "end" && this.#host.others(this).size === 0) this.#host.renewDevices();
    this.#alone = true;
    this.#finishStreams();
  }

  #killLeftover(process: Process): void {
    if (!this.#leftBehind.has(process.pid))
      this.#leftBehind.set(process.pid, { pid: process.pid, command: commandOf(process) });
    native.kill(process.pid, SIGKILL);
  }

  /** Reports once all output from before the end is forwarded; kept processes may go on printing after that. */
  #finishStreams(): void {
    if (!this.#alone) return;
    if (!this.#reported) {
      if (!this.#outputs.every((stream) => stream.drain())) {
        this.#cancelLook();
        this.#cancelLook = this.#host.loop.after(LOOK_AGAIN_MS, () => this.#finishStreams());
        return;
      }
      this.#reported = true;
      this.#recorder?.ready();
      this.#report();
    }
    if (this.request.leftovers === "end" || this.#outputs.every((stream) => stream.ended)) this.#close();
  }

  #report(): void {
    this.#removeScripts();
    const { exitCode, signal } = this.#ended!;
    this.#host.output.send({
      type: "ran",
      id: this.request.id,
      exitCode,
      signal: signal === 0 ? undefined : signalName(signal),
      error: undefined,
      leftBehind: [...this.#leftBehind.values()],
      milliseconds: native.now() - this.#started,
    });
  }

  #close(): void {
    this.#cancelLook();
    const { loop } = this.#host;
    for (const watcher of [...this.#outputs, this.#input, this.#recorder]) if (watcher) loop.unwatch(watcher);
    this.#input?.close();
    if (this.#recorder) native.close(this.#recorder.fd);
    for (const stream of this.#outputs) if (stream.fd !== this.#input?.fd) native.close(stream.fd);
    this.#host.finished(this);
  }
}

function orElse<T>(cleanUp: () => void, work: () => T): T {
  try {
    return work();
  } catch (error) {
    cleanUp();
    throw error;
  }
}
