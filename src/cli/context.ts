import type { Readable, Writable } from "node:stream";

/** Everything outside that a command may touch; only `main.ts` builds it from `process`. */
export interface CliContext {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): void };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP; `hack` takes Ctrl-C itself. */
  readonly signal: AbortSignal;
  /** Hands Ctrl-C to `listener` instead of `signal`, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** For a status that is no error of ours: a container's or a check's. Errors are thrown. */
  setExitCode(code: number): void;
}
