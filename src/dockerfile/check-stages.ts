import { type Finding, fail, rangeOfText, warn, writtenKeyword } from "./findings.ts";
import {
  isStageNumber,
  namedStage,
  reachableStages,
  referencedStage,
  type StageReference,
  stageReferences,
} from "./stage-references.ts";
import { suggestWord } from "./suggest.ts";
import type { Dockerfile, DockerfileProblem, Stage } from "./types.ts";

/** Names of stages, and who refers to them. */
export function checkStages(dockerfile: Dockerfile, target: Stage): Finding[] {
  const reachable = reachableStages(dockerfile, target);
  return dockerfile.stages.flatMap((stage) => [
    ...checkName(dockerfile, stage),
    ...checkBase(dockerfile, stage),
    ...stageReferences(stage).flatMap((reference) => {
      const finding = checkReference(dockerfile, stage, reference);
      // BuildKit never looks at the instructions of a stage that the target doesn't need.
      return finding ? [reachable.has(stage) ? finding : { ...finding, severity: "warning" as const }] : [];
    }),
  ]);
}

/** The stage to build: by name or number, the last without one. A problem when there is none. */
export function findTarget(dockerfile: Dockerfile, target: string | undefined): Stage | DockerfileProblem | undefined {
  if (target === undefined) return dockerfile.stages.at(-1);
  const stage =
    namedStage(dockerfile, target) ?? (/^[0-9]+$/.test(target) ? dockerfile.stages[Number(target)] : undefined);
  if (stage || dockerfile.stages.length === 0) return stage;
  const names = dockerfile.stages.flatMap(({ name }) => name ?? []);
  const nearest = suggestWord(target, names);
  return {
    severity: "error",
    rule: "unknown-target",
    message: `target stage "${target}" could not be found`,
    hint: nearest ? `did you mean ${nearest}?` : names.length > 0 ? `stages are ${names.join(", ")}` : undefined,
    range: dockerfile.stages.at(-1)!.from.range,
  };
}

function checkName(dockerfile: Dockerfile, { from, name, index }: Stage): Finding[] {
  if (from.alias === undefined || name === undefined) return [];
  const findings: Finding[] = [];
  const range = rangeOfText(dockerfile, from, from.alias);
  if (from.alias !== name) {
    findings.push(warn(from, "StageNameCasing", `Stage name '${from.alias}' should be lowercase`, { range }));
  }
  const keyword = writtenKeyword(from);
  const as = from.summary.split(/\s+/).at(-2)!;
  const isLower = keyword === keyword.toLowerCase();
  const isUpper = keyword === keyword.toUpperCase();
  if ((isLower && as !== as.toLowerCase()) || (isUpper && as !== as.toUpperCase())) {
    findings.push(warn(from, "FromAsCasing", `'${as}' and '${keyword}' keywords' casing do not match`));
  }
  if (name === "scratch" || name === "context") {
    const message = `Stage name should not use the same name as reserved stage "${name}"`;
    findings.push(warn(from, "ReservedStageName", message, { range }));
  }
  if (dockerfile.stages.some((other) => other.index < index && other.name === name)) {
    const message = `Duplicate stage name "${name}", stage names should be unique`;
    findings.push(warn(from, "DuplicateStageName", message, { range }));
  }
  return findings;
}

function checkBase(dockerfile: Dockerfile, { from, index }: Stage): Finding[] {
  const later = dockerfile.stages.find((stage) => stage.index >= index && stage.name === from.image);
  const isEarlier = dockerfile.stages.some((stage) => stage.index < index && stage.name === from.image);
  if (!later || isEarlier || from.image === "scratch") return [];
  const message = `the stage ${from.image} is not defined before this line: the name is taken as an image`;
  return [warn(from, "stage-order", message, { hint: "move the stage up, or rename it" })];
}

function checkReference(dockerfile: Dockerfile, stage: Stage, reference: StageReference): Finding | undefined {
  const { instruction, name } = reference;
  const isCopy = instruction.keyword === "COPY";
  const range = rangeOfText(dockerfile, instruction, `from=${name}`);
  if (isCopy && /[$'"\\]/.test(name)) {
    const message = "variable expansion is not supported for --from";
    const hint = "define a new stage with FROM using ARG from global scope";
    return fail(instruction, "from-variable", message, { range, hint });
  }
  const found = referencedStage(dockerfile, reference);
  if (!found) return checkUnknown(dockerfile, reference, range);
  if (found.index < stage.index) return undefined;
  const self = stage.name ?? `stage-${stage.index}`;
  if (found === stage) {
    return fail(instruction, "stage-circular", `circular dependency detected on stage: ${self}`, { range });
  }
  const message = isCopy
    ? `cannot copy from stage "${name}", it needs to be defined before current stage "${self}"`
    : `cannot mount from stage "${name}", stage needs to be defined before current command`;
  return fail(instruction, "stage-order", message, { range, hint: `move the stage ${name} up` });
}

function checkUnknown(
  dockerfile: Dockerfile,
  { instruction, name }: StageReference,
  range: Finding["range"],
): Finding | undefined {
  if (instruction.keyword === "COPY" && isStageNumber(name)) {
    const count = dockerfile.stages.length;
    const hint = `stages are 0 to ${count - 1}`;
    return fail(instruction, "unknown-stage", `invalid stage index ${Number(name)}`, { range, hint });
  }
  const names = dockerfile.stages.flatMap((stage) => stage.name ?? []);
  const nearest = suggestWord(name, names);
  if (!nearest) return undefined;
  const message = `there is no stage ${name}: it is taken as an image`;
  return warn(instruction, "unknown-stage", message, { range, hint: `did you mean ${nearest}?` });
}
