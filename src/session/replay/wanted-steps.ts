import { createHash } from "node:crypto";
import { enterStage, evaluate } from "../../dockerfile/evaluate.ts";
import type { ImageConfig, Platform } from "../../dockerfile/image-config.ts";
import type { BuildPlan, Operation, Source, StageState } from "../../dockerfile/plan-types.ts";
import type { Instruction } from "../../dockerfile/types.ts";

/** What the Dockerfile asks for at one place of a stage, with everything expanded. */
export interface WantedStep {
  readonly instruction: Instruction;
  /**
   * Two steps with equal keys do the same to the same file system. The configuration is not part of it: it is evaluated
   * anew each time, so that a changed LABEL makes nothing stale, while a changed ENV changes the key of each RUN after it.
   */
  readonly key: string;
  readonly operation: Operation;
  readonly before: StageState;
  readonly after: StageState;
  readonly createdBy: string;
}

export interface WantedStage {
  /** The state after FROM, triggers included. */
  readonly entered: StageState;
  readonly fromKey: string;
  /** ONBUILD triggers of the base, done together with FROM. */
  readonly triggers: readonly WantedStep[];
  /** One per instruction of the stage, FROM left out, as far as they could be evaluated. */
  readonly steps: readonly WantedStep[];
  /** Of FROM and of each of `steps`. */
  readonly keys: readonly string[];
  /** Why the step after the last of `steps` can't be evaluated. */
  readonly problem: unknown;
}

export interface StageBase {
  /** Identifies the files that the stage starts on. */
  readonly key: string;
  readonly config: ImageConfig;
  readonly platform: Platform | undefined;
  /** When the base is another stage. */
  readonly state: StageState | undefined;
}

/** What keys of steps are made with. */
export interface KeyNames {
  /** Names the files that a stage ends with. */
  stageKey(index: number): string;
  /** Hides secrets that the state before the step brings into its key. */
  seal(key: string, before: StageState): string;
}

/** Evaluates a stage on its base. Never throws for a mistake in an instruction: that is `problem`. */
export function evaluateStage(plan: BuildPlan, index: number, base: StageBase, names: KeyNames): WantedStage {
  const { state, triggers } = enterStage(plan, index, {
    config: base.config,
    ...(base.platform ? { platform: base.platform } : {}),
    ...(base.state ? { state: base.state } : {}),
  });
  const triggered = evaluateAll(state, triggers, names);
  if (triggered.problem !== undefined) {
    return { entered: state, fromKey: base.key, triggers: [], steps: [], keys: [base.key], problem: triggered.problem };
  }
  const entered = triggered.steps.at(-1)?.after ?? state;
  const fromKey = [base.key, ...triggered.steps.map((step) => step.key)].join("\n");
  const { steps, problem } = evaluateAll(entered, plan.stages[index]!.stage.instructions, names);
  const keys = [fromKey, ...steps.map((step) => step.key)];
  return { entered, fromKey, triggers: triggered.steps, steps, keys, problem };
}

function evaluateAll(start: StageState, instructions: readonly Instruction[], { stageKey, seal }: KeyNames) {
  const steps: WantedStep[] = [];
  let before = start;
  for (const instruction of instructions) {
    try {
      const { state: after, operation, createdBy } = evaluate(before, instruction);
      const key = shorten(seal(keyOf(operation, stageKey), before));
      steps.push({ instruction, key, operation, before, after, createdBy });
      before = after;
    } catch (problem) {
      return { steps, problem };
    }
  }
  return { steps, problem: undefined };
}

/** What an operation does, as text; what it takes from another stage is named by that stage's own key. */
function keyOf(operation: Operation, stageKey: (index: number) => string): string {
  if (operation.kind === "config") return "config";
  const sources = operation.kind === "run" ? operation.mounts.map((mount) => mount.from) : [sourceOf(operation)];
  const stages = sources.flatMap((source) => (source?.kind === "stage" ? [stageKey(source.index)] : []));
  return JSON.stringify(stages.length > 0 ? [operation, stages] : operation);
}

/** Names the files that a stage ends with by the keys of all its steps. */
export function nameStage(keys: readonly string[]): string {
  return createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 16);
}

function shorten(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}

/** Where a COPY or ADD takes files from. */
export function sourceOf(operation: Operation): Source | undefined {
  return operation.kind === "copy" || operation.kind === "add" ? operation.from : undefined;
}
