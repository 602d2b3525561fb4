import * as native from "native";
import { decodeMessage, FrameDecoder, FrameError, FrameKind } from "../../protocol/frames.ts";
import { PROTOCOL_VERSION, type ToAgent } from "../../protocol/messages.ts";
import { check, EAGAIN, ECHILD, InitError } from "../system/errors.ts";
import { makeFolders, readText, statFile } from "../system/files.ts";
import { Loop, POLLIN, type Watcher } from "../system/loop.ts";
import { listDescendants, listProcesses, type Process } from "../system/processes.ts";
import { SIGCHLD, SIGINT, SIGKILL, SIGTERM, signalNumber } from "../system/signals.ts";
import { findUser, type User } from "../system/users.ts";
import { scanChanges } from "./changes.ts";
import { Command, type CommandHost } from "./command.ts";
import { PIPE_SIZE } from "./command-streams.ts";
import { rememberDevices } from "./devices.ts";
import { Extraction } from "./extraction.ts";
import { Output } from "./output.ts";

/** What commands get between SIGTERM and SIGKILL when the container is stopped; the engine itself waits ten seconds. */
const STOP_GRACE_MS = 3000;
/** An engine that is busy may drop what a container wrote last when that ends at once. */
const LINGER_MS = 100;
const LOOK_AGAIN_MS = 10;
const READ_SIZE = 1 << 17;

/** Carries out what a client asks for on descriptor 0 and answers on descriptor 1, for as long as the container lives. */
class Agent implements CommandHost {
  readonly loop = new Loop();
  readonly output: Output;
  readonly #commands = new Map<number, Command>();
  /** Sessions of commands whose leftovers are to be kept. */
  readonly #kept = new Set<number>();
  readonly #extractions = new Map<number, Extraction>();
  /** Whether files got several names since the agent started, as far as is known. */
  #linked = false;
  #decoder: FrameDecoder;
  readonly #buffer = new Uint8Array(READ_SIZE);
  readonly #isInit = native.pid() === 1;
  readonly renewDevices = rememberDevices();

  constructor() {
    if (!this.#isInit) native.becomeReaper();
    for (const fd of [0, 1]) native.setNonblocking(fd);
    native.setPipeSize(1, PIPE_SIZE);
    this.output = new Output(1, this.loop);
    this.#decoder = this.#newDecoder(false);
    const signals = check(native.signalFd([SIGCHLD, SIGTERM, SIGINT]), () => "signalfd");
    this.loop.watch({ fd: signals, wants: () => POLLIN, ready: () => this.#takeSignals(signals) });
    this.loop.watch(this.#input());
  }

  #newDecoder(hunting: boolean): FrameDecoder {
    return new FrameDecoder(
      {
        onFrame: (kind, id, payload) => this.#receive(kind, id, payload),
        // The rest of what the client before was unpacking will not come.
        onSync: () => {
          for (const id of this.#extractions.keys()) this.#cancel(id);
        },
      },
      { hunting },
    );
  }

  /** Nothing that a client sends may end the container. */
  #decode(bytes: Uint8Array): void {
    try {
      this.#decoder.push(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#decoder = this.#newDecoder(true);
      this.output.send({ type: "failed", id: 0, code: "bad-frame", message: error.message });
    }
  }

  /** Without a client descriptor 0 says nothing; its end, where it can be seen, is the end. */
  #input(): Watcher {
    const input: Watcher = {
      fd: 0,
      wants: () => POLLIN,
      ready: () => {
        const count = native.read(0, this.#buffer.buffer, 0, READ_SIZE);
        if (count === -EAGAIN) return;
        if (count <= 0) {
          this.loop.unwatch(input);
          this.#shutDown(SIGTERM);
        } else {
          this.#decode(this.#buffer.subarray(0, count));
        }
      },
    };
    return input;
  }

  #takeSignals(fd: number): void {
    const infos = new Uint8Array(128 * 16);
    const count = native.read(fd, infos.buffer, 0, infos.length);
    let stop = false;
    for (let at = 0; at < count; at += 128) if (infos[at] !== SIGCHLD) stop = true;
    this.reap();
    for (const command of this.#commands.values()) command.endLeftovers();
    if (stop) this.#shutDown(SIGTERM);
  }

  reap(): boolean {
    for (;;) {
      const ended = native.wait();
      if (typeof ended === "number") return ended !== -ECHILD;
      for (const command of this.#commands.values()) if (command.pid === ended.pid) command.end(ended);
    }
  }

  present(): ReadonlySet<number> {
    return new Set(this.reap() ? listDescendants().map(({ pid }) => pid) : []);
  }

  others(command: Command): ReadonlySet<number> {
    const sessions = new Set(this.#kept);
    for (const { pid } of this.#commands.values()) sessions.add(pid);
    sessions.delete(command.pid);
    return sessions;
  }

  finished(command: Command): void {
    this.#commands.delete(command.request.id);
  }

  #receive(kind: FrameKind, id: number, payload: Uint8Array): void {
    if (kind === FrameKind.message) this.#answer(payload);
    else if (kind === FrameKind.stdin) this.#commands.get(id)?.write(payload);
    else if (kind === FrameKind.tar) this.#unpack(id, (extraction) => extraction.push(payload));
    else if (kind === FrameKind.end && this.#commands.has(id)) this.#commands.get(id)?.endInput();
    else if (kind === FrameKind.end)
      this.#unpack(id, (extraction) => {
        extraction.finish();
        this.#linked ||= extraction.madeLinks;
        this.#extractions.delete(id);
        this.output.send({ type: "done", id });
      });
  }

  /** Of an extraction that failed, more data may be on the way. */
  #unpack(id: number, work: (extraction: Extraction) => void): void {
    const extraction = this.#extractions.get(id);
    if (!extraction) return;
    try {
      work(extraction);
    } catch (error) {
      this.#extractions.delete(id);
      this.#fail(id, error);
    }
  }

  #cancel(id: number): void {
    this.#unpack(id, (extraction) => {
      extraction.close();
      throw new InitError("cancelled", "unpacking was cancelled");
    });
  }

  #answer(payload: Uint8Array): void {
    let id = 0;
    try {
      const message = decodeMessage<ToAgent>(payload);
      if ("id" in message) id = message.id;
      this.#handle(message);
    } catch (error) {
      // One that died while it was sending: the next client starts with a sync.
      if (error instanceof FrameError) return;
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    const { code, message } =
      error instanceof InitError ? error : { code: "internal", message: `${error}\n${(error as Error).stack ?? ""}` };
    this.output.send({ type: "failed", id, code, message });
  }

  #handle(message: ToAgent): void {
    switch (message.type) {
      case "hello":
        this.output.sendSync();
        this.output.send({
          type: "hello",
          version: PROTOCOL_VERSION,
          pid: native.pid(),
          running: [...this.#commands.values()].map(({ request: { id, argv } }) => ({ id, argv })),
        });
        break;
      case "run": {
        const command = Command.start(this, message, lookUp(message.user));
        if (!command) break;
        this.#commands.set(message.id, command);
        if (message.leftovers === "keep") this.#kept.add(command.pid);
        break;
      }
      case "signal":
        this.#commands.get(message.id)?.signal(signalNumber(message.signal));
        break;
      case "resize":
        this.#commands.get(message.id)?.resize(message);
        break;
      case "stat": {
        const { id, paths, follow } = message;
        this.output.send({ type: "stat", id, entries: paths.map((path) => statFile(path, follow)) });
        break;
      }
      case "lookup":
        this.output.send({ type: "lookup", id: message.id, ...lookUp(message.user) });
        break;
      case "mkdir":
        makeFolders(message.path, message.mode, message);
        this.output.send({ type: "done", id: message.id });
        break;
      case "extract":
        this.#extractions.set(message.id, new Extraction(message));
        break;
      case "cancel":
        this.#cancel(message.id);
        break;
      case "changes":
        this.output.send({ type: "changes", id: message.id, changes: scanChanges() });
        break;
      case "links":
        this.#linked ||= message.look && native.findLink() === true;
        this.output.send({ type: "links", id: message.id, found: this.#linked });
        break;
      case "quiet":
        this.#endAll(() => this.output.send({ type: "done", id: message.id }));
        break;
      case "shutdown":
        this.#endAll(() => {
          this.output.send({ type: "done", id: message.id });
          this.#exitWhenWritten();
        });
        break;
      default:
        throw new InitError("bad-request", `no such request: ${(message as { type: string }).type}`);
    }
  }

  /** As PID 1 everything that lives here is ours to end; else what descends from us. */
  #everythingElse(): Process[] {
    return this.#isInit ? listProcesses().filter(({ pid }) => pid !== 1) : listDescendants();
  }

  #endAll(then: () => void): void {
    this.reap();
    const left = this.#everythingElse();
    for (const { pid } of left) native.kill(pid, SIGKILL);
    if (left.length > 0) this.loop.after(LOOK_AGAIN_MS, () => this.#endAll(then));
    else then();
  }

  #shutDown(signal: number): void {
    for (const { pid } of this.#everythingElse()) native.kill(pid, signal);
    const deadline = native.now() + STOP_GRACE_MS;
    const look = () => {
      this.reap();
      if (this.#everythingElse().length === 0) this.#exitWhenWritten();
      else if (native.now() < deadline) this.loop.after(LOOK_AGAIN_MS, look);
      else this.#endAll(() => this.#exitWhenWritten());
    };
    look();
  }

  /** Every command tells how it ended. Gives up on a client that does not read: the container is to end. */
  #exitWhenWritten(): void {
    const deadline = native.now() + STOP_GRACE_MS;
    const look = () => {
      const written = this.output.isEmpty && this.#commands.size === 0;
      if (written || native.now() >= deadline) this.loop.after(LINGER_MS, () => native.exit(0));
      else this.loop.after(LOOK_AGAIN_MS, look);
    };
    look();
  }
}

function readOrEmpty(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    // An image need not have them; what else is wrong with them counts as not having them, as in runc.
    if (error instanceof InitError) return "";
    throw error;
  }
}

function lookUp(user: string): User {
  return findUser(user, readOrEmpty("/etc/passwd"), readOrEmpty("/etc/group"));
}

export function runAgent(): void {
  new Agent().loop.run();
}
