import { deployProject } from "../deploy/command.ts";
import { InitError } from "../system/errors.ts";
import { UsageError } from "./command-line.ts";
import { configureOnly, LookFailed, launch } from "./commands.ts";
import { tell } from "./messages.ts";
import { MistakesError } from "./mistakes.ts";
import { StepFailed } from "./run-prepare-step.ts";
import { Interrupted } from "./signals.ts";

const programs: Readonly<Record<string, (args: readonly string[]) => number>> = {
  launch,
  configure: configureOnly,
  deploy: deployProject,
};

/** `args`: the word that names the program, and those behind it. Answers the exit code. */
export function runProgram(args: readonly string[]): number {
  const [name = "", ...rest] = args;
  try {
    return programs[name]!(rest);
  } catch (error) {
    return report(error as Error, name);
  }
}

function report(error: Error, program: string): number {
  if (error instanceof UsageError) {
    tell(`${error.message}\n  hint: ${error.hint ?? `see slipway-init ${program} --help`}`);
    return 2;
  }
  if (error instanceof MistakesError) {
    tell(`${error.mistakes.length === 1 ? "a mistake" : `${error.mistakes.length} mistakes`}\n${error.message}`);
    return 2;
  }
  if (error instanceof Interrupted || error instanceof StepFailed || error instanceof LookFailed) {
    tell(error.message);
    return error.exitCode;
  }
  if (error instanceof InitError) {
    tell(error.message);
    return error.code === "mistakes" ? 2 : 1;
  }
  tell(`a mistake in slipway-init itself: ${error.message}\n${error.stack}`);
  return 70;
}
