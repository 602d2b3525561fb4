import * as native from "native";
import type { ReadyOptions, WatcherOptions } from "../circus/configuration.ts";
import { check, EAGAIN } from "../system/errors.ts";
import { type Loop, POLLIN } from "../system/loop.ts";
import { tryConnection } from "./connection.ts";
import type { Log } from "./log.ts";
import type { ReadyChannel } from "./process-factory.ts";
import type { ProgramResult } from "./program-run.ts";

/** How often a file, a port or a program is asked while a watcher starts; never after. */
const ASK_MS = 100;
const PROGRAM_MS = 30_000;
const NEWLINE = 10;

export type ReadyState = "waiting" | "ready" | "failed";

/** Whether others may start after a watcher: it tells so itself, or is asked until it is. One that runs once is ready when it is done. */
export class Readiness {
  readonly #loop: Loop;
  readonly #log: Log;
  readonly #options: WatcherOptions;
  readonly #runCommand: (command: string, milliseconds: number) => Promise<ProgramResult>;
  #state: ReadyState = "waiting";
  #begun = 0;
  #stopAsking = () => {};
  /** Of what processes tell on: as long as the watcher runs, since each new process tells again. */
  #closers: (() => void)[] = [];
  #waiting: ((isReady: boolean) => void)[] = [];
  /** What the watcher's processes get; undefined where they are only asked. */
  channel: ReadyChannel | undefined;

  constructor(
    host: { readonly loop: Loop; readonly log: Log },
    options: WatcherOptions,
    runCommand: (command: string, milliseconds: number) => Promise<ProgramResult>,
  ) {
    this.#loop = host.loop;
    this.#log = host.log;
    this.#options = options;
    this.#runCommand = runCommand;
  }

  get state(): ReadyState {
    return this.#state;
  }

  /** Resolves with false when it failed for good; stays open while it is still to be started. */
  settled(): Promise<boolean> {
    if (this.#state !== "waiting") return Promise.resolve(this.#state === "ready");
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Before the first process starts. */
  begin(): void {
    this.#close();
    this.#state = "waiting";
    this.#begun = native.now();
    const { ready } = this.#options;
    if (ready?.kind === "notify") this.#listenForNotification();
    else if (ready?.kind === "descriptor")
      this.channel = { env: {}, openDescriptor: () => ({ number: ready.fd, fd: this.#openPipe() }) };
  }

  /** The processes are there. */
  started(): void {
    const { ready, once } = this.#options;
    if (once) return;
    if (!ready) this.#settle("ready");
    else if (ready.kind !== "notify" && ready.kind !== "descriptor") this.#ask(ready);
  }

  /** It ran once, to a good end. */
  finish(): void {
    this.#settle("ready");
  }

  fail(): void {
    this.#settle("failed");
  }

  /** Stopped: what waits goes on waiting for the next start. */
  reset(): void {
    this.#close();
    if (!this.#options.once) this.#state = "waiting";
  }

  #settle(state: "ready" | "failed"): void {
    this.#stopAsking();
    if (this.#state === state) return;
    this.#state = state;
    if (state === "ready" && this.#options.ready)
      this.#log.info(`${this.#options.name} is ready after ${((native.now() - this.#begun) / 1000).toFixed(2)} s`);
    for (const tell of this.#waiting.splice(0)) tell(state === "ready");
  }

  #close(): void {
    this.#stopAsking();
    for (const close of [...this.#closers]) close();
    this.channel = undefined;
  }

  #ask(ready: ReadyOptions): void {
    let open = true;
    let cancel = () => {};
    this.#stopAsking = () => {
      open = false;
      cancel();
    };
    const ask = () => {
      const answered = (isReady: boolean) => {
        if (!open) return;
        if (isReady) this.#settle("ready");
        else cancel = this.#loop.after(ASK_MS, ask);
      };
      this.#isReady(ready).then(answered, (error: Error) => {
        this.#log.error(`${this.#options.name}: ${error.message}`);
        answered(false);
      });
    };
    ask();
  }

  async #isReady(ready: ReadyOptions): Promise<boolean> {
    if (ready.kind === "file") return typeof native.stat(ready.path) !== "number";
    if (ready.kind === "program") {
      const { exitCode, problem } = await this.#runCommand(ready.command, PROGRAM_MS);
      return problem === undefined && exitCode === 0;
    }
    if (ready.kind === "port" || ready.kind === "socket") return tryConnection(this.#loop, ready);
    return false;
  }

  /** The write end; a newline, as s6's notification-fd has it, counts. */
  #openPipe(): number {
    const [read, write] = check(native.pipe(), () => "pipe");
    this.#listen(read, (text) => text.includes(NEWLINE));
    return write;
  }

  /** sd_notify's datagrams come to an abstract address, so that no file system has to be writable. */
  #listenForNotification(): void {
    const name = `slipway/notify/${native.pid()}/${Math.random().toString(36).slice(2)}`;
    const fd = check(native.socket("unix", "datagram"), () => "socket");
    check(native.bindUnix(fd, `\0${name}`, 0o777), () => "bind NOTIFY_SOCKET");
    this.channel = { env: { NOTIFY_SOCKET: `@${name}` }, openDescriptor: () => undefined };
    this.#listen(fd, (text) => new TextDecoder().decode(text.slice()).split("\n").includes("READY=1"));
  }

  #listen(fd: number, isReady: (text: Uint8Array) => boolean): void {
    const buffer = new Uint8Array(4096);
    native.setNonblocking(fd);
    const watcher = {
      fd,
      wants: () => POLLIN,
      ready: () => {
        const count = native.read(fd, buffer.buffer, 0, buffer.length);
        if (count === -EAGAIN) return;
        if (count <= 0) close();
        else if (isReady(buffer.subarray(0, count))) this.#settle("ready");
      },
    };
    let open = true;
    const close = () => {
      if (!open) return;
      open = false;
      this.#closers = this.#closers.filter((closer) => closer !== close);
      this.#loop.unwatch(watcher);
      native.close(fd);
    };
    this.#closers.push(close);
    this.#loop.watch(watcher);
  }
}
