import { SlipwayError } from "../errors.ts";
import { renderProblem } from "./snippet.ts";
import type { Dockerfile, DockerfileProblem, Range } from "./types.ts";

/**
 * A Dockerfile that can't be built. Its message shows all errors, each with its place and snippet; code
 * `DOCKERFILE_INVALID`.
 */
export class DockerfileError extends SlipwayError {
  override readonly name = "DockerfileError";
  /** As the user named it. */
  readonly file: string;
  /** Of the first error. */
  readonly range: Range;
  readonly problems: readonly DockerfileProblem[];

  /** `problems` holds at least one. */
  constructor(file: string, text: string, problems: readonly DockerfileProblem[]) {
    const rendered = problems.map((problem) => renderProblem(file, text, problem)).join("\n");
    const count = problems.length === 1 ? "an error" : `${problems.length} errors`;
    super("DOCKERFILE_INVALID", `${count} in ${file}\n${rendered}`);
    this.file = file;
    this.range = problems[0]!.range;
    this.problems = problems;
  }
}

/** Throws DockerfileError with all the errors that parsing found; warnings pass. */
export function requireValid(dockerfile: Dockerfile, file: string): void {
  const errors = dockerfile.problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new DockerfileError(file, dockerfile.text, errors);
}
