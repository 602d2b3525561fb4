import { findStage, sourceNames } from "./sources.ts";
import type { Dockerfile, Instruction, Stage } from "./types.ts";

/** `from` of a COPY or of a mount, as it is written. */
export interface StageReference {
  readonly instruction: Instruction;
  readonly name: string;
}

/** What a stage's COPY --from and RUN --mount=from name, in order. */
export function stageReferences(stage: Stage): StageReference[] {
  return stage.instructions.flatMap((instruction) => sourceNames(instruction).map((name) => ({ instruction, name })));
}

/** The stage that a reference means, wherever it stands. */
export function referencedStage(dockerfile: Dockerfile, { instruction, name }: StageReference): Stage | undefined {
  return instruction.keyword === "COPY" && isStageNumber(name)
    ? dockerfile.stages[Number(name)]
    : namedStage(dockerfile, name);
}

export function namedStage(dockerfile: Dockerfile, name: string): Stage | undefined {
  const index = findStage(dockerfile, name);
  return index === undefined ? undefined : dockerfile.stages[index];
}

export function isStageNumber(name: string): boolean {
  return /^[-+]?[0-9]+$/.test(name);
}

/** The stage that a stage starts from: one of that name before it. Else its base is an image. */
export function baseStage(dockerfile: Dockerfile, stage: Stage): Stage | undefined {
  return dockerfile.stages.findLast(({ index, name }) => index < stage.index && name === stage.from.image);
}

/** The stages that `target` needs, itself included. */
export function reachableStages(dockerfile: Dockerfile, target: Stage): ReadonlySet<Stage> {
  const reached = new Set<Stage>();
  const waiting = [target];
  for (let stage = waiting.pop(); stage; stage = waiting.pop()) {
    if (reached.has(stage)) continue;
    reached.add(stage);
    const references = stageReferences(stage).map((reference) => referencedStage(dockerfile, reference));
    for (const needed of [baseStage(dockerfile, stage), ...references]) if (needed) waiting.push(needed);
  }
  return reached;
}
