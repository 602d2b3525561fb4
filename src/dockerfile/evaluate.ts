import { evaluateConfig } from "./evaluate-config.ts";
import { evaluateCopy } from "./evaluate-copy.ts";
import { evaluateRun } from "./evaluate-run.ts";
import { evaluateWorkdir } from "./evaluate-workdir.ts";
import { mistake, nameMistakes } from "./mistake.ts";
import type { Evaluated, StageState } from "./plan-types.ts";
import type { Instruction } from "./types.ts";

/**
 * What an instruction means in the state before it: what is to be done, and the state after it. BuildKit's
 * dockerfile2llb is the specification.
 */
export function evaluate(state: StageState, instruction: Instruction): Evaluated {
  const { dockerfile, options } = state.plan;
  return nameMistakes(dockerfile, options, () => dispatch(state, instruction));
}

function dispatch(state: StageState, instruction: Instruction): Evaluated {
  switch (instruction.keyword) {
    case "RUN":
      return evaluateRun(state, instruction);
    case "COPY":
    case "ADD":
      return evaluateCopy(state, instruction);
    case "WORKDIR":
      return evaluateWorkdir(state, instruction);
    case "FROM":
      throw mistake(instruction, "from-in-stage", "FROM starts a stage and cannot be evaluated within one");
    default:
      return evaluateConfig(state, instruction);
  }
}

export { enterStage } from "./enter-stage.ts";
