import { enterStage, evaluate } from "./evaluate.ts";
import { emptyImageConfig, type ImageConfig } from "./image-config.ts";
import { parseDockerfile } from "./parse.ts";
import { planBuild } from "./plan.ts";
import type { BuildPlan, Evaluated, PlanOptions, StageState } from "./plan-types.ts";

const amd64 = { os: "linux", architecture: "amd64", variant: undefined };

/** A plan as for `docker build` without options. */
export function plan(text: string, options: Partial<PlanOptions> = {}): BuildPlan {
  return planBuild(parseDockerfile(text), {
    target: undefined,
    buildArgs: {},
    targetPlatform: amd64,
    buildPlatform: amd64,
    contexts: [],
    ...options,
  });
}

export interface Replay {
  readonly state: StageState;
  readonly steps: readonly Evaluated[];
  /** Without the entries that leave none. */
  readonly history: readonly string[];
}

/** Evaluates the target stage and the stages it starts from; `image` is the configuration of every FROM that is an image. */
export function replay(text: string, options: Partial<PlanOptions> = {}, image: Partial<ImageConfig> = {}): Replay {
  const build = plan(text, options);
  return replayStage(build, build.targetIndex, { ...emptyImageConfig, ...image });
}

function replayStage(build: BuildPlan, index: number, image: ImageConfig): Replay {
  const { base, stage } = build.stages[index]!;
  const parent = base.kind === "stage" ? replayStage(build, base.index, image) : undefined;
  const entered = enterStage(build, index, { config: parent?.state.config ?? image, state: parent?.state });
  let { state } = entered;
  const steps: Evaluated[] = [];
  for (const instruction of [...entered.triggers, ...stage.instructions]) {
    const step = evaluate(state, instruction);
    steps.push(step);
    state = step.state;
  }
  return { state, steps, history: steps.map(({ createdBy }) => createdBy).filter((entry) => entry !== "") };
}
