import { mistake } from "./mistake.ts";
import type { Source } from "./plan-types.ts";
import type { Dockerfile, Instruction, Stage } from "./types.ts";

interface Names {
  readonly dockerfile: Dockerfile;
  readonly options: { readonly contexts: readonly string[] };
}

/**
 * Where COPY --from=NAME and a mount's from=NAME take files, seen from a stage; throws where that is the stage itself or a
 * later one.
 */
export function resolveSource(names: Names, stageIndex: number, instruction: Instruction, name: string): Source {
  const source = locateSource(names, instruction, name);
  if (source.kind === "stage" && source.index >= stageIndex) {
    const what = source.index === stageIndex ? "this very stage" : "a later stage";
    throw mistake(instruction, "from-later-stage", `from=${name} is ${what}: files come from stages before this one`);
  }
  return source;
}

/**
 * Names are case-insensitive, the last stage of a name counts, a --build-context hides a stage; numbers are for COPY only;
 * what is neither is an image.
 */
function locateSource(names: Names, instruction: Instruction, name: string): Source {
  if (name.includes("$")) {
    throw mistake(
      instruction,
      "from-variable",
      `from=${name}: variables are not expanded here`,
      "name a stage with FROM that uses a global ARG, and take the files from it",
    );
  }
  return (instruction.keyword === "COPY" && numberedStage(names, instruction, name)) || namedSource(names, name);
}

/** The names that an instruction takes files from, as written. */
export function sourceNames(instruction: Instruction): readonly string[] {
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD")
    return instruction.from ? [instruction.from] : [];
  if (instruction.keyword !== "RUN") return [];
  return instruction.mounts.flatMap(({ options }) =>
    options.flatMap(({ key, value }) => (key === "from" && value ? [value] : [])),
  );
}

/** Indices of the stages that an instruction takes files from, wherever they stand. */
export function findNeeds(names: Names, instruction: Instruction): readonly number[] {
  return sourceNames(instruction)
    .map((name) => locateSource(names, instruction, name))
    .flatMap((source) => (source.kind === "stage" ? [source.index] : []));
}

/** The index of the last stage of this name. */
export function findStage(dockerfile: Dockerfile, name: string): number | undefined {
  const index = dockerfile.stages.findLastIndex((stage) => stage.name?.toLowerCase() === name.toLowerCase());
  return index < 0 ? undefined : index;
}

/** The --build-context that stands in for this name: of a stage or of an image, `docker.io/library/` and `:latest` apart. */
export function findContext(contexts: readonly string[], name: string): string | undefined {
  if (["scratch", "context"].includes(name.toLowerCase())) return undefined;
  return contexts.find((context) => familiarName(context) === familiarName(name));
}

export function isReplaced(stage: Stage, contexts: readonly string[]): boolean {
  return stage.name !== undefined && findContext(contexts, stage.name) !== undefined;
}

function numberedStage({ dockerfile }: Names, instruction: Instruction, name: string): Source | undefined {
  if (!/^[+-]?\d+$/.test(name)) return undefined;
  const index = Number(name);
  if (index < 0 || index >= dockerfile.stages.length) {
    throw mistake(
      instruction,
      "from-index",
      `there is no stage ${name}: they count from 0 to ${dockerfile.stages.length - 1}`,
    );
  }
  return { kind: "stage", index };
}

function namedSource({ dockerfile, options }: Names, name: string): Source {
  const context = findContext(options.contexts, name);
  if (context !== undefined) return { kind: "context", name: context };
  const index = findStage(dockerfile, name);
  if (index !== undefined) return { kind: "stage", index };
  return name === "scratch" ? { kind: "scratch" } : { kind: "image", reference: name, platform: undefined };
}

function familiarName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(index\.)?docker\.io\//, "")
    .replace(/^library\//, "")
    .replace(/:latest$/, "");
}
