import { SlipwayError } from "../errors.ts";
import { parseTrigger } from "./enter-stage.ts";
import { mistake, nameMistakes } from "./mistake.ts";
import type { BuildPlan, PlannedStage, PlanOptions, Source } from "./plan-types.ts";
import { parsePlatform } from "./platform.ts";
import { createExpander, predefinedArgs } from "./scope.ts";
import { findContext, findNeeds, findStage, isReplaced, resolveSource, sourceNames } from "./sources.ts";
import type { Dockerfile, Instruction, Stage } from "./types.ts";

/**
 * Which stages a build needs and where each starts. Throws for an unknown target, for a FROM that cannot be expanded, and
 * for a stage that takes files from itself or from a later one.
 */
export function planBuild(dockerfile: Dockerfile, options: PlanOptions): BuildPlan {
  if (dockerfile.stages.length === 0) {
    throw new SlipwayError("DOCKERFILE_EMPTY", "the Dockerfile has no stage", { hint: "begin it with FROM" });
  }
  return nameMistakes(dockerfile, options, () => planStages(dockerfile, options));
}

function planStages(dockerfile: Dockerfile, options: PlanOptions): BuildPlan {
  const globalArgs = evaluateGlobalArgs(dockerfile, options);
  const ground: Ground = { dockerfile, options, globalArgs };
  const stages: PlannedStage[] = [];
  for (const stage of dockerfile.stages) stages.push(planStage(stage, stages, ground));
  const targetIndex = findTarget(dockerfile, options.target);
  return { ...ground, stages, targetIndex, order: orderStages(stages, targetIndex, ground) };
}

type Ground = Pick<BuildPlan, "dockerfile" | "options" | "globalArgs">;

function evaluateGlobalArgs(dockerfile: Dockerfile, options: PlanOptions): Readonly<Record<string, string>> {
  const values = new Map(Object.entries(predefinedArgs(options)));
  for (const instruction of dockerfile.globalArgs) {
    const expand = createExpander((name) => values.get(name), dockerfile, instruction);
    for (const { key, value } of instruction.pairs) {
      const given = Object.hasOwn(options.buildArgs, key) ? options.buildArgs[key] : undefined;
      if (given !== undefined) values.set(key, given);
      else if (value !== undefined) values.set(key, expand.word(value));
    }
  }
  return Object.fromEntries(values);
}

function planStage(stage: Stage, before: readonly PlannedStage[], ground: Ground): PlannedStage {
  const { options } = ground;
  const written = expandFrom(stage, stage.from.image, ground);
  if (written === "") {
    throw mistake(stage.from, "from-empty", `FROM ${stage.from.image} names nothing once its variables are expanded`);
  }
  const wanted = readPlatform(stage, ground);
  if (isReplaced(stage, options.contexts)) {
    const base: Source = { kind: "context", name: findContext(options.contexts, stage.name!) };
    const platform = wanted ?? options.targetPlatform;
    return { stage: { ...stage, instructions: [] }, base, platform, needs: [] };
  }
  const base = resolveBase(stage, written, before, wanted, ground);
  const parent = base.kind === "stage" ? before[base.index] : undefined;
  const platform = parent?.platform ?? (base.kind === "scratch" ? undefined : wanted) ?? options.targetPlatform;
  return { stage, base, platform, needs: needsOf(stage, base, parent?.stage, ground) };
}

/** Names of earlier stages first, then --build-context, then images. Stage names are looked up in lower case only. */
function resolveBase(
  stage: Stage,
  name: string,
  before: readonly PlannedStage[],
  platform: PlannedStage["platform"] | undefined,
  { options }: Ground,
): Source {
  const index = before.findLastIndex((candidate) => candidate.stage.name?.toLowerCase() === name);
  const context = findContext(options.contexts, name);
  if (index >= 0 && !isReplaced(before[index]!.stage, options.contexts)) return { kind: "stage", index };
  if (context !== undefined) return { kind: "context", name: context };
  if (name === "scratch") return { kind: "scratch" };
  checkReference(stage, name, before);
  return { kind: "image", reference: name, platform };
}

function checkReference(stage: Stage, name: string, before: readonly PlannedStage[]): void {
  const repository = name.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const path = /^([^/]*[.:][^/]*|localhost)\//.test(repository) ? repository.replace(/^[^/]*\//, "") : repository;
  if (!/[A-Z\s]/.test(path)) return;
  const meant = before.some((candidate) => candidate.stage.name?.toLowerCase() === name.toLowerCase());
  throw mistake(
    stage.from,
    "from-reference",
    `${JSON.stringify(name)} is no image reference: a repository is written in lower case`,
    meant ? `Write FROM ${name.toLowerCase()} for the stage of that name.` : undefined,
  );
}

function readPlatform(stage: Stage, ground: Ground) {
  const { platform: written } = stage.from;
  if (!written) return undefined;
  const text = expandFrom(stage, written, ground);
  const platform = parsePlatform(text, ground.options.buildPlatform);
  if (!platform) {
    const shown = text === written ? written : `${written} (${JSON.stringify(text)})`;
    throw mistake(stage.from, "from-platform", `--platform=${shown} is not a platform`, "write it as linux/amd64");
  }
  return platform;
}

function expandFrom(stage: Stage, text: string, { dockerfile, globalArgs }: Ground): string {
  const find = (name: string) => (Object.hasOwn(globalArgs, name) ? globalArgs[name] : undefined);
  return createExpander(find, dockerfile, stage.from).word(text);
}

function needsOf(stage: Stage, base: Source, parent: Stage | undefined, ground: Ground): readonly number[] {
  const taken = instructionsOf(stage, parent).flatMap((instruction) => findNeeds(ground, instruction));
  return [...new Set([...(base.kind === "stage" ? [base.index] : []), ...taken])].sort((a, b) => a - b);
}

/** With the triggers that its base stage, where it has one, will set off. */
function instructionsOf(stage: Stage, parent: Stage | undefined): readonly Instruction[] {
  const triggers = (parent?.instructions ?? []).flatMap((instruction) =>
    instruction.keyword === "ONBUILD" ? [parseTrigger(instruction.trigger, stage)] : [],
  );
  return [...triggers, ...stage.instructions];
}

/** BuildKit takes names only; a number is for stages without one. */
function findTarget(dockerfile: Dockerfile, target: string | undefined): number {
  if (target === undefined || target === "") return dockerfile.stages.length - 1;
  const named = findStage(dockerfile, target);
  if (named !== undefined) return named;
  if (/^\d+$/.test(target) && Number(target) < dockerfile.stages.length) return Number(target);
  const names = dockerfile.stages.map((stage) => stage.name ?? String(stage.index));
  throw new SlipwayError("STAGE_UNKNOWN", `the Dockerfile has no stage ${JSON.stringify(target)}`, {
    hint: `its stages are ${names.join(", ")}`,
  });
}

/** A stage needs earlier ones only, so file order works. What the target does not need may name what it likes. */
function orderStages(stages: readonly PlannedStage[], targetIndex: number, ground: Ground): readonly number[] {
  const needed = new Set<number>();
  const visit = (index: number): void => {
    if (needed.has(index)) return;
    needed.add(index);
    stages[index]!.needs.forEach(visit);
  };
  visit(targetIndex);
  const order = [...needed].sort((a, b) => a - b);
  for (const index of order) {
    const { stage, base } = stages[index]!;
    for (const instruction of instructionsOf(stage, base.kind === "stage" ? stages[base.index]!.stage : undefined)) {
      for (const name of sourceNames(instruction)) resolveSource(ground, index, instruction, name);
    }
  }
  return order;
}
