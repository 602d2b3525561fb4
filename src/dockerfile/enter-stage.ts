import { lookup, moveToEnd, splitPair } from "./environment.ts";
import { emptyImageConfig, type ImageConfig, type Platform } from "./image-config.ts";
import { mistake, nameMistakes } from "./mistake.ts";
import { parseDockerfile } from "./parse.ts";
import type { BuildPlan, Entered, StageState } from "./plan-types.ts";
import { dialectOf } from "./scope.ts";
import type { Instruction, Stage } from "./types.ts";

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What a stage has that starts from nothing: FROM scratch, or a --build-context that is no image. */
const scratchConfig: ImageConfig = { ...emptyImageConfig, workingDir: "/", env: [defaultPath] };

/** What a stage starts on. `state`: where it ended, when it is a stage of this plan. */
export interface StageBase {
  readonly config: ImageConfig;
  readonly platform?: Platform | undefined;
  readonly state?: StageState | undefined;
}

/**
 * The state before a stage's first instruction, and the triggers that run before it. `base` does not matter for FROM
 * scratch. A stage that starts on another one inherits its ARGs too.
 */
export function enterStage(plan: BuildPlan, index: number, base: StageBase): Entered {
  const planned = plan.stages[index]!;
  const given = planned.base.kind === "scratch" ? scratchConfig : base.config;
  const withPath = lookup(given.env, "PATH") === undefined ? [...given.env, defaultPath] : given.env;
  const config: ImageConfig = { ...given, env: withPath, onBuild: [] };
  const inherited = planned.base.kind === "stage" ? base.state : undefined;
  const state: StageState = {
    plan,
    stageIndex: index,
    config,
    args: inherited && dialectOf(plan.options).inheritsArgsInHistory ? inherited.args : [],
    env: config.env.reduce((env, pair) => moveToEnd(env, ...splitPair(pair)), inherited?.env ?? []),
    cmdSet: false,
    platform: base.platform ?? inherited?.platform ?? planned.platform,
  };
  const triggers = nameMistakes(plan.dockerfile, plan.options, () =>
    given.onBuild.map((trigger) => parseTrigger(trigger, planned.stage)),
  );
  return { state, triggers };
}

/** A trigger counts as standing at the FROM that set it off. */
export function parseTrigger(trigger: string, stage: Stage): Instruction {
  const { instructions, problems } = parseDockerfile(`FROM scratch\n${trigger}`);
  const [, instruction] = instructions;
  const problem = problems.find(({ severity }) => severity === "error");
  if (problem || !instruction || instructions.length !== 2) {
    const why = problem?.message ?? "it is not one instruction";
    throw mistake(stage.from, "onbuild-trigger", `the base's ONBUILD trigger ${JSON.stringify(trigger)}: ${why}`);
  }
  return { ...instruction, number: stage.from.number, range: stage.from.range };
}
