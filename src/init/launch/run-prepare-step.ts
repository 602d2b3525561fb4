import { InitError } from "../system/errors.ts";
import { Accounts } from "./accounts.ts";
import type { PrepareStep } from "./launch-file.ts";
import { runCommand } from "./run-command.ts";
import type { Settings } from "./settings.ts";
import type { Signals } from "./signals.ts";
import { withStepEnvironment } from "./step-environment.ts";
import { overlayVariables } from "./variables.ts";

/** A command that did not end well; its exit code becomes that of the program. */
export class StepFailed extends InitError {
  readonly exitCode: number;

  constructor(what: string, exitCode: number, error: string | undefined) {
    const how = error ?? (exitCode > 128 ? `ended by signal ${exitCode - 128}` : `exit code ${exitCode}`);
    super("step-failed", `${what} failed: ${how}`);
    this.exitCode = exitCode;
  }
}

export function nameOf(step: PrepareStep): string {
  return step.name ?? (typeof step.command === "string" ? step.command : step.command.join(" "));
}

/** Throws StepFailed, or Interrupted when a signal ended it. `environment`: the container's own. */
export function runPrepareStep(
  step: PrepareStep,
  settings: Settings,
  environment: readonly string[],
  signals: Signals,
): void {
  const user = step.user === undefined ? undefined : new Accounts().user(step.user);
  const argv = typeof step.command === "string" ? ["/bin/sh", "-c", step.command] : step.command;
  const directory = step.directory!;
  const home = user === undefined ? [] : [`HOME=${user.home}`];
  const own = [...step.environment].map(([name, value]) => `${name}=${value}`);
  const outcome = withStepEnvironment(settings, user, (variables) =>
    runCommand({ argv, directory, user, environment: overlayVariables(environment, home, variables, own) }, signals),
  );
  if (outcome.exitCode !== 0) throw new StepFailed(`prepare step ${nameOf(step)}`, outcome.exitCode, outcome.error);
}
