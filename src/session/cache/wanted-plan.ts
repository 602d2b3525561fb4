import type { BuildPlan } from "../../dockerfile/plan-types.ts";
import { evaluateStage, type KeyNames, nameStage, type StageBase, type WantedStage } from "../replay/wanted-steps.ts";
import type { SessionSecrets } from "../secrets/session-secrets.ts";

/** A plan with each stage evaluated whose base is known. */
export interface WantedPlan {
  readonly plan: BuildPlan;
  /** By the stage's index. */
  readonly stages: ReadonlyMap<number, WantedStage>;
  /** Names the files that a stage ends with by what was asked for to make them. */
  stageKey(index: number): string;
  /** Of the session whose keys they are compared with. */
  readonly secrets: Secrets;
}

export type Secrets = Pick<SessionSecrets, "seal" | "hide">;

/** `baseOf` gives the base of a stage that starts on an image; one that starts on another stage follows from that. */
export function evaluatePlan(
  plan: BuildPlan,
  baseOf: (index: number) => Omit<StageBase, "state"> | undefined,
  secrets: Secrets,
): WantedPlan {
  const stages = new Map<number, WantedStage>();
  const stageKey = (index: number): string => nameStage(stages.get(index)?.keys ?? []);
  const names: KeyNames = { stageKey, seal: (key, before) => secrets.seal(key, before) };
  for (const index of plan.order) {
    const base = baseOf(index);
    const source = plan.stages[index]!.base;
    const known: StageBase | undefined = base
      ? { ...base, state: undefined }
      : source.kind === "stage"
        ? endOf(stages.get(source.index), stageKey(source.index))
        : undefined;
    if (known) stages.set(index, evaluateStage(plan, index, known, names));
  }
  return { plan, stages, stageKey, secrets };
}

function endOf(stage: WantedStage | undefined, key: string): StageBase | undefined {
  const state = stage && (stage.steps.at(-1)?.after ?? stage.entered);
  return state && { key, config: state.config, platform: state.platform, state };
}
