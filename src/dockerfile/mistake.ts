import { DockerfileError } from "./errors.ts";
import type { Dockerfile, DockerfileProblem, Range } from "./types.ts";

/** An instruction that is well written and yet means nothing here. `nameMistakes` makes a DockerfileError of it. */
class Mistake extends Error {
  readonly problem: DockerfileProblem;

  constructor(problem: DockerfileProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function mistake(where: { readonly range: Range }, rule: string, message: string, hint?: string): Error {
  return new Mistake({ severity: "error", rule, message, hint, range: where.range });
}

/** Runs `action` and tells its mistakes with the file and the lines that they are in. */
export function nameMistakes<T>(
  dockerfile: Dockerfile,
  { file = "Dockerfile" }: { readonly file?: string | undefined },
  action: () => T,
): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Mistake) throw new DockerfileError(file, dockerfile.text, [error.problem]);
    throw error;
  }
}
