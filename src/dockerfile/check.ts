import { checkInstructions } from "./check-instructions.ts";
import { checkStages, findTarget } from "./check-stages.ts";
import { checkVariables } from "./check-variables.ts";
import type { Finding } from "./findings.ts";
import { fileLintOptions, isRuleOn, type LintOptions } from "./lint-options.ts";
import type { Dockerfile, DockerfileProblem } from "./types.ts";

export interface CheckOptions {
  /** Name or number of the stage to build; the last one by default. */
  readonly target?: string | undefined;
}

const experimental = ["InvalidDefinitionDescription"];

/**
 * Every problem of a Dockerfile: those of its syntax, stages and variables that can't be, and, as warnings, what
 * BuildKit's linter warns of, under its names; `# check=` switches those as it does there. In file order.
 */
export function checkDockerfile(dockerfile: Dockerfile, { target }: CheckOptions = {}): DockerfileProblem[] {
  const options = fileLintOptions(dockerfile);
  const found = findTarget(dockerfile, target);
  const problems = [...dockerfile.problems, ...(options ? [] : [badOptions(dockerfile)])];
  const findings = [...checkInstructions(dockerfile), ...checkVariables(dockerfile)];
  if (found && "severity" in found) problems.push(found);
  else if (found) findings.push(...checkStages(dockerfile, found));
  const lint: LintOptions = options ?? { skip: [], experimental: [], error: false };
  return [...problems.map((problem) => ({ problem, comments: [] })), ...findings.map(withComments)]
    .filter(({ problem, comments }) => !isLint(problem) || isOn(problem, lint, comments))
    .map(({ problem }) => (lint.error && isLint(problem) ? { ...problem, severity: "error" as const } : problem))
    .sort((left, right) => left.range.start.offset - right.range.start.offset);
}

function withComments({ instruction, ...problem }: Finding) {
  return { problem, comments: instruction.comments };
}

/** BuildKit's rules have names in PascalCase. */
function isLint({ rule }: DockerfileProblem): boolean {
  return /^[A-Z]/.test(rule);
}

function isOn({ rule }: DockerfileProblem, options: LintOptions, comments: readonly string[]): boolean {
  return isRuleOn(rule, experimental.includes(rule), options, comments);
}

function badOptions({ directives }: Dockerfile): DockerfileProblem {
  const start = { line: 1, column: 1, offset: 0 };
  return {
    severity: "error",
    rule: "directive-check",
    message: `failed to parse check options: invalid check option "${directives.check}"`,
    hint: "write skip=RULE,…, experimental=RULE,… or error=true, joined by `;`",
    range: { start, end: start },
  };
}
