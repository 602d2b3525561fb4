import type { Dockerfile, Instruction, Stage } from "./types.ts";

/** `from` of a COPY or of a mount, as it is written. */
export interface StageReference {
  readonly instruction: Instruction;
  readonly name: string;
  readonly kind: "copy" | "mount";
}

/** What a stage's COPY --from and RUN --mount=from name, in order. */
export function stageReferences(stage: Stage): StageReference[] {
  return stage.instructions.flatMap((instruction): StageReference[] => {
    if (instruction.keyword === "COPY" && instruction.from) {
      return [{ instruction, name: instruction.from, kind: "copy" }];
    }
    if (instruction.keyword !== "RUN") return [];
    return instruction.mounts
      .flatMap(({ options }) => options.findLast(({ key }) => key === "from")?.value ?? [])
      .filter((name) => name !== "")
      .map((name) => ({ instruction, name, kind: "mount" }));
  });
}

/** The stage that a name means: the last of that name; a COPY may also give its number. */
export function findStage(
  dockerfile: Dockerfile,
  { name, kind }: Omit<StageReference, "instruction">,
): Stage | undefined {
  if (kind === "copy" && isStageNumber(name)) return dockerfile.stages[Number(name)];
  return dockerfile.stages.findLast((stage) => stage.name === name.toLowerCase());
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
    const references = stageReferences(stage).map((reference) => findStage(dockerfile, reference));
    for (const needed of [baseStage(dockerfile, stage), ...references]) if (needed) waiting.push(needed);
  }
  return reached;
}
