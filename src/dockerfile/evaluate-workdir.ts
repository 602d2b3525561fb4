import { cleanPath, resolveWorkdir } from "./paths.ts";
import type { Evaluated, StageState } from "./plan-types.ts";
import { expanderFor } from "./scope.ts";
import type { WordInstruction } from "./types.ts";

/** The configuration keeps the path as written. The folder is made for the USER of this point, and only when it is not the root. */
export function evaluateWorkdir(state: StageState, instruction: WordInstruction): Evaluated {
  const path = resolveWorkdir(state.config.workingDir, expanderFor(state, instruction).word(instruction.word));
  const folder = cleanPath(path);
  return {
    state: { ...state, config: { ...state.config, workingDir: path } },
    operation: folder === "/" ? { kind: "config" } : { kind: "workdir", path: folder, user: state.config.user },
    createdBy: `WORKDIR ${path}`,
  };
}
