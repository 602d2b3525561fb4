import { resolveWorkdir } from "./paths.ts";
import type { Evaluated, StageState } from "./plan-types.ts";
import { expanderFor } from "./scope.ts";
import type { WordInstruction } from "./types.ts";

/** The folder is made for the USER of this point, and only when it is not the root. */
export function evaluateWorkdir(state: StageState, instruction: WordInstruction): Evaluated {
  const path = resolveWorkdir(state.config.workingDir, expanderFor(state, instruction).word(instruction.word));
  return {
    state: { ...state, config: { ...state.config, workingDir: path } },
    operation: path === "/" ? { kind: "config" } : { kind: "workdir", path, user: state.config.user },
    createdBy: `WORKDIR ${path}`,
  };
}
