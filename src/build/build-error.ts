import { ExitCode, SlipwayError } from "../errors.ts";
import type { SourceLines } from "./build-events.ts";

export interface BuildFailure {
  /** What the engine says, in one line. */
  readonly reason: string;
  readonly source: SourceLines | undefined;
  /** The failing instruction as the builder names it. */
  readonly step: string | undefined;
  /** The last lines that it printed. */
  readonly output: readonly string[];
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

const foreign =
  "programs of another platform than the engine's need emulation there (on Debian: apt-get install qemu-user-static), scripts a #! line";

/** A build that ran and failed. Code: BUILD_FAILED; exit code 1, as docker build has. */
export class BuildError extends SlipwayError {
  override readonly name = "BuildError";
  readonly source: SourceLines | undefined;
  readonly step: string | undefined;
  readonly output: readonly string[];

  constructor(failure: BuildFailure) {
    super("BUILD_FAILED", describeFailure(failure), {
      hint: failure.hint ?? (failure.output.some((line) => line.endsWith("exec format error")) ? foreign : undefined),
      cause: failure.cause,
      exitCode: ExitCode.failure,
    });
    this.source = failure.source;
    this.step = failure.step;
    this.output = failure.output;
  }
}

function describeFailure({ reason, source, step, output }: BuildFailure): string {
  const place = source === undefined ? "" : `${source.file}:${source.start}: `;
  const lines = [`${place}${step ?? "the build failed"}`, ...output.map((line) => `  | ${line}`), reason];
  return lines.join("\n");
}
