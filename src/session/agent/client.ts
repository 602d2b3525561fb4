import type { Readable, Writable } from "node:stream";
import type {
  CommandNotice,
  FileChange,
  FileStat,
  LookupResult,
  RunningCommand,
  RunRequest,
  RunResult,
  TerminalSize,
} from "../../protocol/messages.ts";
import { AgentConnection } from "./connection.ts";

/** The agent's standard streams, demultiplexed. */
export interface AgentStream {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr?: Readable;
  /** Detaches. */
  close?(): void;
}

/** `stdin` follows from whether `RunOptions.stdin` is given, where it is left out. */
export type RunCommand = Omit<RunRequest, "type" | "id" | "stdin"> & { readonly stdin?: boolean };

export interface RunOptions {
  /** Nothing more is read from the agent while a promise that it returns is pending, and so the command waits. */
  readonly onOutput: (stream: "stdout" | "stderr", chunk: Uint8Array) => void | Promise<void>;
  /** Paused, but neither ended nor destroyed, when the command ends before it. */
  readonly stdin?: Readable | undefined;
  /** Sends SIGINT to the command's process group, and SIGKILL ten seconds later. */
  readonly signal?: AbortSignal | undefined;
  /** Sends SIGKILL at once. */
  readonly kill?: AbortSignal | undefined;
  readonly resize?: AsyncIterable<TerminalSize> | undefined;
  /** Command lines of an interactive shell, where the request has `record`. */
  readonly onCommand?: ((notice: CommandNotice) => void) | undefined;
}

export interface MkdirOptions {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Each chunk is written out before the next is asked for. A stream of node:stream or of tar-stream is destroyed when it is over. */
export interface TarSource extends AsyncIterable<unknown> {
  destroy?(error?: Error): unknown;
}

export interface ExtractOptions {
  readonly parentUid: number;
  readonly parentGid: number;
  /** A folder gives way to something else, and something else to a folder. */
  readonly replace?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The agent in a session's container. Every method rejects with a SlipwayError: code AGENT_GONE when the container ended or
 * the connection broke, else what the agent could not do (ENOENT, NO_SUCH_USER…).
 */
export interface Agent extends AsyncDisposable {
  /** Commands that a former client left running. */
  readonly running: readonly RunningCommand[];
  run(command: RunCommand, options: RunOptions): Promise<RunResult>;
  stat(paths: readonly string[], follow: boolean): Promise<readonly (FileStat | undefined)[]>;
  /** The ids of `user`, `uid`, `user:group`… in the container. */
  lookup(user: string): Promise<Pick<LookupResult, "uid" | "gid" | "groups" | "home">>;
  mkdir(path: string, options: MkdirOptions): Promise<void>;
  extract(tar: TarSource, options: ExtractOptions): Promise<void>;
  /** What changed on the root file system since the last call; the first one gives nothing. */
  changes(): Promise<readonly FileChange[]>;
  /** Whether files got several names since the agent started; without `look`, as far as extractions gave them. */
  foundLinks(look: boolean): Promise<boolean>;
  /** Ends everything in the container but the agent. */
  quiet(): Promise<void>;
  /** Ends the agent, and with it the container. */
  shutdown(): Promise<void>;
}

/** Connects over a container's attached streams; also to an agent that another client was connected to before. */
export async function connectAgent(
  stream: AgentStream,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Agent> {
  const connection = new AgentConnection(stream);
  const onAbort = () => connection.fail(options.signal?.reason);
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await connection.open();
    return connection;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
  }
}
