import type { Readable } from "node:stream";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import {
  decodeMessage,
  encodeData,
  encodeEnd,
  encodeHeader,
  encodeMessage,
  encodeSync,
  FrameDecoder,
  FrameKind,
  HEADER_LENGTH,
  MAX_PAYLOAD,
} from "../../protocol/frames.ts";
import {
  type ChangesResult,
  type CommandNotice,
  type Failed,
  type FileChange,
  type FileStat,
  type FromAgent,
  type Hello,
  type LinksResult,
  type LookupResult,
  PROTOCOL_VERSION,
  type RunningCommand,
  type RunResult,
  STDIN_WINDOW,
  type StatResult,
  type TerminalSize,
  type ToAgent,
} from "../../protocol/messages.ts";
import type { Agent, AgentStream, ExtractOptions, MkdirOptions, RunCommand, RunOptions, TarSource } from "./client.ts";

const KILL_AFTER_MS = 10_000;
const STDERR_KEPT = 4096;

type Answer =
  | RunResult
  | StatResult
  | LookupResult
  | ChangesResult
  | LinksResult
  | { readonly type: "done"; readonly id: number };

interface Pending {
  readonly doing: string;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Running {
  readonly options: RunOptions;
  /** Bytes of stdin that the command has not taken yet. */
  inFlight: number;
  wake: () => void;
}

/** `connectAgent` makes it, and gives it out once the agent has answered. */
export class AgentConnection implements Agent {
  readonly #stream: AgentStream;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, Running>();
  #hello: { resolve(hello: Hello): void; reject(error: unknown): void } | undefined;
  #nextId = 1;
  #failure: unknown;
  #errorText = "";
  /** Promises of output consumers from the chunk at hand. */
  #consumers: Promise<void>[] = [];
  running: readonly RunningCommand[] = [];

  constructor(stream: AgentStream) {
    this.#stream = stream;
  }

  async open(): Promise<void> {
    const hello = new Promise<Hello>((resolve, reject) => {
      this.#hello = { resolve, reject };
    });
    this.#stream.stderr?.on("data", (chunk: Buffer) => {
      this.#errorText = (this.#errorText + chunk.toString()).slice(-STDERR_KEPT);
    });
    this.#stream.stdin.on("error", (error) => this.fail(this.#gone(error)));
    void this.#read();
    this.#stream.stdin.write(encodeSync());
    this.#send({ type: "hello" });
    const { version, running } = await hello;
    if (version !== PROTOCOL_VERSION)
      throw new SlipwayError(
        "AGENT_VERSION",
        `the agent speaks protocol ${version}, this program ${PROTOCOL_VERSION}`,
        {
          hint: "start a new session; the container was made by another version of Slipway",
          exitCode: ExitCode.internal,
        },
      );
    this.running = running;
    this.#nextId = Math.max(0, ...running.map(({ id }) => id)) + 1;
  }

  async run(command: RunCommand, options: RunOptions): Promise<RunResult> {
    options.signal?.throwIfAborted();
    const id = this.#nextId++;
    const running: Running = { options, inFlight: 0, wake: () => {} };
    this.#running.set(id, running);
    const over = new AbortController();
    const { argv } = command;
    const stdin = command.stdin ?? options.stdin !== undefined;
    const answer = this.#request<RunResult>({ ...command, stdin, type: "run", id }, `running ${argv.join(" ")}`);
    const kill = () => this.#send({ type: "signal", id, signal: "SIGKILL" });
    let timer: NodeJS.Timeout | undefined;
    const interrupt = () => {
      this.#send({ type: "signal", id, signal: "SIGINT" });
      timer = setTimeout(kill, KILL_AFTER_MS);
    };
    options.signal?.addEventListener("abort", interrupt, { once: true, signal: over.signal });
    options.kill?.addEventListener("abort", kill, { once: true, signal: over.signal });
    const feeding = options.stdin ? this.#feed(id, running, options.stdin, over.signal) : undefined;
    const resizing = options.resize ? this.#resize(id, options.resize, over.signal) : undefined;
    try {
      // An error of the source of stdin is the caller's to know; the end of either is not the command's end.
      return await Promise.race([
        answer,
        ...[feeding, resizing].map((promise) => promise?.then(() => answer) ?? answer),
      ]);
    } catch (error) {
      if (this.#failure === undefined) kill();
      throw error;
    } finally {
      clearTimeout(timer);
      over.abort();
      running.wake();
      if (command.leftovers === "end") this.#running.delete(id);
    }
  }

  async stat(paths: readonly string[], follow: boolean): Promise<readonly (FileStat | undefined)[]> {
    const id = this.#nextId++;
    const { entries } = await this.#request<StatResult>({ type: "stat", id, paths, follow }, "reading file attributes");
    // JSON has no undefined in lists.
    return entries.map((entry) => entry ?? undefined);
  }

  async lookup(user: string): Promise<LookupResult> {
    return this.#request<LookupResult>({ type: "lookup", id: this.#nextId++, user }, `looking up user ${user}`);
  }

  async mkdir(path: string, { mode, uid, gid }: MkdirOptions): Promise<void> {
    await this.#request({ type: "mkdir", id: this.#nextId++, path, mode, uid, gid }, `making the folder ${path}`);
  }

  async extract(tar: TarSource, { parentUid, parentGid, replace = false, signal }: ExtractOptions): Promise<void> {
    const id = this.#nextId++;
    signal?.throwIfAborted();
    let over = false;
    const answer = this.#request({ type: "extract", id, parentUid, parentGid, replace }, "unpacking files").finally(
      () => {
        over = true;
        tar.destroy?.();
      },
    );
    let onAbort = () => {};
    const interrupted = new Promise<never>((_, reject) => {
      onAbort = () => {
        tar.destroy?.(signal?.reason);
        reject(signal?.reason);
      };
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    const sending = (async () => {
      for await (const chunk of tar) {
        if (over || signal?.aborted) return;
        await this.#writeTar(id, chunk as Uint8Array);
      }
      await this.#write(encodeEnd(id));
    })();
    try {
      await Promise.race([Promise.all([answer, sending]), interrupted]);
    } catch (error) {
      // A refusal ends the sending, and a broken source the unpacking; the first is the reason.
      if (!over) this.#send({ type: "cancel", id });
      await answer.catch((refusal) => {
        if (!(refusal instanceof SlipwayError && refusal.code === "CANCELLED")) throw refusal;
      });
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async changes(): Promise<readonly FileChange[]> {
    const answer = await this.#request<ChangesResult>(
      { type: "changes", id: this.#nextId++ },
      "looking for changed files",
    );
    return answer.changes;
  }

  async foundLinks(look: boolean): Promise<boolean> {
    const answer = await this.#request<LinksResult>(
      { type: "links", id: this.#nextId++, look },
      "looking for hard links",
    );
    return answer.found;
  }

  async quiet(): Promise<void> {
    await this.#request({ type: "quiet", id: this.#nextId++ }, "ending processes");
  }

  async shutdown(): Promise<void> {
    await this.#request({ type: "shutdown", id: this.#nextId++ }, "ending the container");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fail(new SlipwayError("AGENT_GONE", "the connection to the session's container was closed"));
  }

  /** Rejects everything that is under way and that comes. */
  fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#hello?.reject(reason);
    for (const pending of this.#pending.values()) pending.reject(reason);
    for (const running of this.#running.values()) running.wake();
    this.#pending.clear();
    this.#stream.stdin.destroy();
    this.#stream.stdout.destroy();
    this.#stream.close?.();
  }

  #gone(cause?: unknown): SlipwayError {
    const doing = [...this.#pending.values()].map((pending) => pending.doing).join(", ");
    const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
    const said = this.#errorText.trim() === "" ? "" : `\n${this.#errorText.trim()}`;
    return new SlipwayError(
      "AGENT_GONE",
      `the session's container ended${doing ? ` while ${doing}` : ""}${why}${said}`,
      {
        hint: "it may have been removed or stopped from outside; start the session again",
        cause,
      },
    );
  }

  async #read(): Promise<void> {
    const decoder = new FrameDecoder({ onFrame: (...frame) => this.#receive(...frame) }, { hunting: true });
    try {
      for await (const chunk of this.#stream.stdout) {
        decoder.push(chunk);
        if (this.#consumers.length === 0) continue;
        await Promise.all(this.#consumers);
        this.#consumers = [];
      }
      this.fail(this.#gone());
    } catch (error) {
      this.fail(error instanceof SlipwayError ? error : this.#gone(error));
    }
  }

  #receive(kind: FrameKind, id: number, payload: Uint8Array): void {
    if (kind === FrameKind.message) this.#take(decodeMessage<FromAgent>(payload));
    if (kind !== FrameKind.stdout && kind !== FrameKind.stderr) return;
    const stream = kind === FrameKind.stdout ? "stdout" : "stderr";
    const consumed = this.#running.get(id)?.options.onOutput(stream, payload);
    if (consumed) this.#consumers.push(consumed);
  }

  #take(message: FromAgent): void {
    if (message.type === "hello") {
      this.#hello?.resolve(message);
    } else if (message.type === "consumed") {
      const running = this.#running.get(message.id);
      if (!running) return;
      running.inFlight -= message.bytes;
      running.wake();
    } else if (message.type === "command") {
      this.#tell(message);
    } else {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      // It could not make out what we sent: nothing that is under way can be trusted.
      if (message.type === "failed" && message.id === 0) this.fail(errorOf(message));
      if (message.type === "failed") pending?.reject(errorOf(message));
      else pending?.resolve(message);
    }
  }

  #tell(notice: CommandNotice): void {
    this.#running.get(notice.id)?.options.onCommand?.(notice);
  }

  #request<T extends Answer>(message: ToAgent & { readonly id: number }, doing: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#pending.set(message.id, { doing, resolve: (answer) => resolve(answer as T), reject });
      this.#send(message);
    });
  }

  #send(message: ToAgent): void {
    if (this.#failure === undefined) for (const frame of encodeMessage(message)) this.#stream.stdin.write(frame);
  }

  async #write(frame: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { stdin } = this.#stream;
    if (stdin.write(frame)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        stdin.off("drain", done).off("close", done);
        resolve();
      };
      stdin.on("drain", done).on("close", done);
    });
  }

  /** Without a copy of the data: resolves when it has left, and can be overwritten. */
  async #writeTar(id: number, data: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (data.length === 0) return;
    const { stdin } = this.#stream;
    await new Promise<void>((resolve) => {
      stdin.cork();
      for (let at = 0; at < data.length; at += MAX_PAYLOAD) {
        const part = data.subarray(at, at + MAX_PAYLOAD);
        stdin.write(encodeHeader(part.length, FrameKind.tar, id));
        // A connection that broke is told by its own event.
        stdin.write(part, at + MAX_PAYLOAD < data.length ? undefined : () => resolve());
      }
      stdin.uncork();
    });
  }

  /** Resolves when the source has ended or the command is over. */
  #feed(id: number, running: Running, source: Readable, over: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = Promise.resolve();
      const onData = (chunk: Uint8Array) => {
        source.pause();
        sent = this.#sendInput(id, running, chunk, over);
        sent.then(() => {
          if (!over.aborted) source.resume();
        }, reject);
      };
      // A source ends as soon as its last chunk is taken, paused or not.
      const onEnd = () => {
        sent.then(() => this.#write(encodeEnd(id))).then(resolve, reject);
      };
      source.on("data", onData).on("end", onEnd).on("error", reject);
      over.addEventListener("abort", () => {
        source.off("data", onData).off("end", onEnd).off("error", reject).pause();
        resolve();
      });
    });
  }

  async #sendInput(id: number, running: Running, chunk: Uint8Array, over: AbortSignal): Promise<void> {
    for (const frame of encodeData(FrameKind.stdin, id, chunk)) {
      while (running.inFlight >= STDIN_WINDOW && !over.aborted && this.#failure === undefined)
        await new Promise<void>((resolve) => {
          running.wake = resolve;
        });
      if (over.aborted) return;
      running.inFlight += frame.length - HEADER_LENGTH;
      await this.#write(frame);
    }
  }

  async #resize(id: number, sizes: AsyncIterable<TerminalSize>, over: AbortSignal): Promise<void> {
    for await (const { rows, columns } of sizes) {
      if (over.aborted) return;
      this.#send({ type: "resize", id, rows, columns });
    }
  }
}

function errorOf({ code, message }: Failed): SlipwayError {
  return new SlipwayError(code.toUpperCase().replaceAll("-", "_"), message);
}
