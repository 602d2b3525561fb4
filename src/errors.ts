/** Exit codes that every command uses; documented in docs/exit-codes.md. */
export const ExitCode = {
  ok: 0,
  /** The work was understood and failed: a step, a build, a check. */
  failure: 1,
  /** The command line, a script line or a configuration file is wrong. */
  usage: 2,
  /** Something in Slipway itself, or an engine answer that it does not understand. */
  internal: 70,
  /** No engine answers, or it refuses us. */
  engine: 125,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export interface ErrorOptions {
  /** What the reader can do about it, one line, as an imperative. */
  readonly hint?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The one base of every error that a person is meant to read. `code` is stable and machine-readable
 * (`ENGINE_UNREACHABLE`); the message names what and where; `main` prints it and exits with `exitCode`.
 * Any other error is a bug in Slipway and is printed with its stack.
 */
export class SlipwayError extends Error {
  override readonly name: string = "SlipwayError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? ExitCode.failure;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
