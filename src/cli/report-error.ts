import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { styleFor } from "./output/style.ts";

export interface ReportOptions {
  /** One JSON object instead of text. */
  readonly json: boolean;
  /** With stacks and causes. */
  readonly debug: boolean;
  /** Ctrl-C was pressed: what was aborted by it is no bug. */
  readonly interrupted: boolean;
}

/** Prints an error on standard error, as the last thing that the program does; gives the exit code. */
export function reportError(
  context: Pick<CliContext, "stderr" | "env">,
  error: unknown,
  options: ReportOptions,
): number {
  const known = knownError(error, options.interrupted);
  const exitCode = known?.exitCode ?? ExitCode.internal;
  if (options.json) {
    const fields = {
      type: "error",
      code: known?.code ?? "INTERNAL",
      message: messageOf(error),
      hint: known?.hint,
      exitCode,
      stack: known === undefined || options.debug ? stackOf(error) : undefined,
    };
    context.stderr.write(`${JSON.stringify(fields)}\n`);
    return exitCode;
  }
  const style = styleFor(context.stderr, context.env);
  const lines = [`${style.error("slipway:")} ${known?.message ?? `unexpected error: ${messageOf(error)}`}`];
  if (known?.hint !== undefined) lines.push(`${style.hint("hint:")} ${known.hint}`);
  if (known === undefined) {
    lines.push(
      stackOf(error),
      `${style.hint("hint:")} this is a mistake in Slipway; please report it with the lines above`,
    );
  } else if (options.debug) {
    lines.push(stackOf(known));
  }
  context.stderr.write(`${lines.join("\n")}\n`);
  return exitCode;
}

function knownError(error: unknown, interrupted: boolean): SlipwayError | undefined {
  if (error instanceof SlipwayError) return error;
  if (interrupted && error instanceof Error && (error.name === "AbortError" || "code" in error)) {
    return new SlipwayError("INTERRUPTED", "interrupted", { exitCode: ExitCode.interrupted, cause: error });
  }
  return undefined;
}

/** The stack, and below it those of the causes. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
