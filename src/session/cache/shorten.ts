import { lookup } from "../../dockerfile/environment.ts";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import { planBuild } from "../../dockerfile/plan.ts";
import type { BuildPlan, StageState } from "../../dockerfile/plan-types.ts";
import type { Instruction } from "../../dockerfile/types.ts";
import type { StageBase, WantedStage } from "../replay/wanted-steps.ts";
import { evaluatePlan, type WantedPlan } from "./wanted-plan.ts";

/** A stage that is to begin with an image of the state after some of its instructions. */
export interface Cut {
  readonly index: number;
  /** Instructions that the image stands for, FROM not counted. */
  readonly dropped: number;
  /** The image's name. */
  readonly reference: string;
  readonly stage: WantedStage;
}

/**
 * The Dockerfile in which each of these stages begins with its image and goes on with the instructions that are left. Lines
 * keep their numbers. What an image does not tell stays: ARG, ENV where it may hide one, both with their values; ONBUILD; and
 * the CMD that an ENTRYPOINT of the same stage would otherwise clear. Undefined where the shortened text would not ask for the very same: it is
 * evaluated again to find that out.
 */
export function shortenDockerfile(
  wanted: WantedPlan,
  baseOf: (index: number) => Omit<StageBase, "state"> | undefined,
  cuts: readonly Cut[],
): string | undefined {
  const text = replaceInstructions(wanted.plan, cuts);
  const dockerfile = parseDockerfile(text);
  if (dockerfile.problems.some(({ severity }) => severity === "error")) return undefined;
  const plan = planBuild(dockerfile, wanted.plan.options);
  const byIndex = new Map(cuts.map((cut) => [cut.index, cut]));
  const shortened = evaluatePlan(
    plan,
    (index) => {
      const cut = byIndex.get(index);
      if (!cut) return baseOf(index);
      const state = stateAt(cut);
      return { key: cut.reference, config: imageConfig(state), platform: state.platform };
    },
    wanted.secrets,
  );
  const same = plan.order.every((index) => asksForTheSame(wanted, shortened, index, byIndex.get(index)));
  return same ? text : undefined;
}

export function stateAt({ stage, dropped }: Pick<Cut, "stage" | "dropped">): StageState {
  return stage.steps[dropped - 1]?.after ?? stage.entered;
}

/** As the image of a state has it: its triggers are for those who build on the stage, not for the rest of the stage itself. */
export function imageConfig(state: StageState): StageState["config"] {
  return { ...state.config, onBuild: [] };
}

function asksForTheSame(wanted: WantedPlan, shortened: WantedPlan, index: number, cut: Cut | undefined): boolean {
  const [before, after] = [wanted.stages.get(index), shortened.stages.get(index)];
  // A stage that was not evaluated before is given to the builder as it is, if it can be.
  if (!before || !after) return !before && !after && !cut;
  if ((before.problem === undefined) !== (after.problem === undefined)) return false;
  const operations = (steps: typeof before.steps) =>
    JSON.stringify(steps.map(({ operation }) => operation).filter(({ kind }) => kind !== "config"));
  const end = (stage: typeof before) => JSON.stringify((stage.steps.at(-1)?.after ?? stage.entered).config);
  return (
    operations(before.steps.slice(cut?.dropped ?? 0)) === operations(after.steps) &&
    end(before) === end(after) &&
    (cut !== undefined || before.triggers.length === after.triggers.length)
  );
}

function replaceInstructions(plan: BuildPlan, cuts: readonly Cut[]): string {
  const replaced = new Map<number, string>();
  for (const cut of cuts) {
    const { from, instructions } = plan.stages[cut.index]!.stage;
    const platform = from.platform === undefined ? "" : `--platform=${from.platform} `;
    const alias = from.alias === undefined ? "" : ` AS ${from.alias}`;
    replaced.set(from.number, `FROM ${platform}${cut.reference}${alias}`);
    const keeps = keptKeywords(instructions.slice(0, cut.dropped), instructions.slice(cut.dropped));
    for (const { instruction, after } of cut.stage.steps.slice(0, cut.dropped)) {
      if (instruction.keyword === "ONBUILD") continue;
      replaced.set(instruction.number, keeps.has(instruction.keyword) ? printKept(instruction, after) : "");
    }
  }
  const { text, instructions } = plan.dockerfile;
  let printed = "";
  let end = 0;
  for (const { number, range, text: own } of instructions) {
    const stands = replaced.get(number);
    const padding = "\n".repeat(stands === undefined ? 0 : range.end.line - range.start.line);
    printed += text.slice(end, range.start.offset) + (stands === undefined ? own : stands + padding);
    end = range.end.offset;
  }
  return printed + text.slice(end);
}

/** Which of the dropped instructions are said again. */
export function keptKeywords(dropped: readonly Instruction[], left: readonly Instruction[]): ReadonlySet<string> {
  const kept = dropped.some(({ keyword }) => keyword === "ARG") ? ["ARG", "ENV"] : [];
  return new Set(left.some(({ keyword }) => keyword === "ENTRYPOINT") ? [...kept, "CMD"] : kept);
}

/** With the values that it had. Those of --build-arg are given again, and not written down. */
function printKept(instruction: Instruction, { args, config, plan }: StageState): string {
  if (instruction.keyword === "CMD") return `CMD ${JSON.stringify(config.cmd)}`;
  if (instruction.keyword !== "ARG" && instruction.keyword !== "ENV") return instruction.text;
  const words = instruction.pairs.map(({ key }) => {
    if (instruction.keyword === "ENV") return printPair(key, lookup(config.env, key));
    const given = Object.hasOwn(plan.options.buildArgs, key);
    return printPair(key, given ? undefined : args.findLast((arg) => arg.key === key)?.value);
  });
  return `${instruction.keyword} ${words.join(" ")}`;
}

function printPair(key: string, value: string | undefined): string {
  return value === undefined ? key : `${key}='${value.replaceAll("'", `'"'"'`)}'`;
}
