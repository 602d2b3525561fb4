import { ExpandError, type ExpandOptions, expand } from "./expand.ts";
import { type Finding, fail, rangeOfText, warn } from "./findings.ts";
import { isImageReference } from "./image-reference.ts";
import { baseStage } from "./stage-references.ts";
import { suggestWord } from "./suggest.ts";
import type { Dockerfile, FromInstruction, Instruction, Stage } from "./types.ts";

/** ARGs that are there in FROM without a declaration. */
const platformArgs = ["BUILD", "TARGET"]
  .flatMap((side) => ["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT"].map((part) => side + part))
  .concat("TARGETSTAGE");

/** Variables: which are used where they don't exist, and words that can't be expanded whatever their values. */
export function checkVariables(dockerfile: Dockerfile): Finding[] {
  return [
    ...dockerfile.globalArgs.flatMap((arg) => checkSyntax(dockerfile, arg)),
    ...dockerfile.stages.flatMap((stage) => [...checkFrom(dockerfile, stage), ...checkStage(dockerfile, stage)]),
  ];
}

function checkFrom(dockerfile: Dockerfile, { from }: Stage): Finding[] {
  const syntax = checkSyntax(dockerfile, from);
  if (syntax.length > 0) return syntax;
  const known = [...platformArgs, ...dockerfile.globalArgs.flatMap(({ pairs }) => pairs.map(({ key }) => key))];
  const unknown = unmatched(dockerfile, from, new Set(known));
  return [
    ...unknown.map((name) => {
      const nearest = suggestWord(name, known);
      const message = `FROM argument '${name}' is not declared${nearest ? ` (did you mean ${nearest}?)` : ""}`;
      return warn(from, "UndefinedArgInFrom", message, { range: rangeOfName(dockerfile, from, name) });
    }),
    ...checkDefault(dockerfile, from),
    ...checkPlatform(from),
  ];
}

/** With no --build-arg at all, FROM should still name an image. */
function checkDefault(dockerfile: Dockerfile, from: FromInstruction): Finding[] {
  if (from.image === "") return [];
  const values = new Map<string, string>(platformArgs.map((name) => [name, "linux"]));
  const expandNow = (word: string) =>
    expand(word, { lookup: (name) => values.get(name), escape: dockerfile.directives.escape }).text;
  try {
    for (const { key, value } of dockerfile.globalArgs.flatMap(({ pairs }) => pairs)) {
      if (value !== undefined) values.set(key, expandNow(value));
    }
    if (isImageReference(expandNow(from.image))) return [];
  } catch (error) {
    // `${NAME:?}`: there is no default, on purpose.
    if (error instanceof ExpandError) return [];
    throw error;
  }
  const message = `Default value for ARG ${from.image} results in empty or invalid base image name`;
  const stage = dockerfile.stages.find(({ name }) => name === from.image.toLowerCase());
  const hint = stage ? `write FROM ${stage.name}: here a stage is found in lower case only` : undefined;
  return [warn(from, "InvalidDefaultArgInFrom", message, { hint })];
}

function checkPlatform(from: FromInstruction): Finding[] {
  if (from.platform === undefined) return [];
  if (/^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(from.platform)) {
    const message = `Setting platform to predefined ${from.platform} in FROM is redundant as this is the default behavior`;
    return [warn(from, "RedundantTargetPlatform", message, { hint: `remove --platform=${from.platform}` })];
  }
  const parts = from.platform.split("/");
  const stage = from.alias?.toLowerCase() ?? "";
  const isNamedSo = parts.slice(0, 2).some((part) => stage.includes(part.toLowerCase()));
  if (/[$'"\\]/.test(from.platform) || !parts.every((part) => /^[A-Za-z0-9_.-]+$/.test(part)) || isNamedSo) return [];
  const message = `FROM --platform flag should not use constant value "${from.platform}"`;
  return [warn(from, "FromPlatformFlagConstDisallowed", message)];
}

function checkStage(dockerfile: Dockerfile, stage: Stage): Finding[] {
  const { known, isComplete } = knownVariables(dockerfile, stage);
  const findings: Finding[] = [];
  stage.instructions.forEach((instruction, index) => {
    const syntax = checkSyntax(dockerfile, instruction);
    findings.push(...syntax);
    const names = syntax.length > 0 ? [] : unmatched(dockerfile, instruction, known);
    for (const name of names) {
      // The base image may have set it, unless a slip of the finger or a wrong order is more likely.
      const nearest = suggestWord(name, [...known], isComplete ? 2 : 1);
      const isLater = stage.instructions.slice(index).some((later) => definedBy(later).includes(name));
      if (!isComplete && !nearest && !isLater) continue;
      const message = `Usage of undefined variable '$${name}'${nearest ? ` (did you mean $${nearest}?)` : ""}`;
      findings.push(warn(instruction, "UndefinedVar", message, { range: rangeOfName(dockerfile, instruction, name) }));
    }
    for (const name of definedBy(instruction)) known.add(name);
  });
  return findings;
}

/** The variables at a stage's start; complete when all of them are known: it starts from nothing. */
function knownVariables(dockerfile: Dockerfile, stage: Stage): { known: Set<string>; isComplete: boolean } {
  const base = baseStage(dockerfile, stage);
  if (!base) return { known: new Set(["PATH"]), isComplete: stage.from.image === "scratch" };
  const { known, isComplete } = knownVariables(dockerfile, base);
  for (const name of base.instructions.flatMap(definedBy)) known.add(name);
  return { known, isComplete };
}

function definedBy(instruction: Instruction): string[] {
  if (instruction.keyword !== "ENV" && instruction.keyword !== "ARG") return [];
  return instruction.pairs.map(({ key }) => key);
}

/** What BuildKit expands; shells expand the rest. The body of a COPY's heredoc has no quotes, and `\` always escapes there. */
function expandWith(dockerfile: Dockerfile, instruction: Instruction, lookup: ExpandOptions["lookup"]) {
  const { escape: fileEscape } = dockerfile.directives;
  const bodies = instruction.keyword === "COPY" || instruction.keyword === "ADD" ? instruction.heredocs : [];
  return [
    ...wordsOf(instruction).map((text) => ({ text, options: { lookup, escape: fileEscape } })),
    ...bodies
      .filter((heredoc) => heredoc.expand)
      .map(({ content }) => ({ text: content, options: { lookup, ignoreQuotes: true } })),
  ];
}

function wordsOf(instruction: Instruction): string[] {
  switch (instruction.keyword) {
    case "FROM":
      return [instruction.image, instruction.platform ?? ""];
    case "ENV":
    case "LABEL":
      return instruction.pairs.flatMap(({ key, value }) => [key, value ?? ""]);
    case "ARG":
      return instruction.pairs.map(({ value }) => value ?? "");
    case "COPY":
    case "ADD":
      return [
        ...instruction.sources,
        instruction.destination,
        ...instruction.excludes,
        instruction.chown ?? "",
        instruction.chmod ?? "",
        instruction.checksum ?? "",
      ];
    case "RUN":
      return instruction.mounts.flatMap(({ options }) => options.map(({ value }) => value ?? ""));
    case "WORKDIR":
    case "USER":
    case "STOPSIGNAL":
      return [instruction.word];
    case "VOLUME":
    case "EXPOSE":
      return [...instruction.words];
    default:
      return [];
  }
}

function checkSyntax(dockerfile: Dockerfile, instruction: Instruction): Finding[] {
  return expandWith(dockerfile, instruction, () => "set").flatMap(({ text, options }) => {
    try {
      expand(text, options);
      return [];
    } catch (error) {
      if (!(error instanceof ExpandError)) throw error;
      return fail(instruction, "expansion", error.message, { range: rangeOfText(dockerfile, instruction, text) });
    }
  });
}

/** The syntax is known to be right: only `${NAME?}` of a missing variable can fail, and the builder will say so. */
function unmatched(dockerfile: Dockerfile, instruction: Instruction, known: ReadonlySet<string>): string[] {
  const missing = new Set<string>();
  const lookup = (name: string) => {
    if (!known.has(name)) missing.add(name);
    return "set";
  };
  for (const { text, options } of expandWith(dockerfile, instruction, lookup)) expand(text, options);
  return [...missing].filter((name) => /^[\p{L}_]/u.test(name));
}

function rangeOfName(dockerfile: Dockerfile, instruction: Instruction, name: string) {
  const braced = rangeOfText(dockerfile, instruction, `\${${name}`);
  return braced === instruction.range ? rangeOfText(dockerfile, instruction, `$${name}`) : braced;
}
