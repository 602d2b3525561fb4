import { checkPort } from "./check-ports.ts";
import { type Finding, fail, rangeOfText, warn, writtenKeyword } from "./findings.ts";
import { isSecretName } from "./secret-names.ts";
import { isSignal } from "./signals.ts";
import { baseStage } from "./stage-references.ts";
import type { Command, Dockerfile, Instruction, Stage } from "./types.ts";

/** What can be said of instructions without expanding them: BuildKit's lint rules, and values that it refuses later. */
export function checkInstructions(dockerfile: Dockerfile): Finding[] {
  return [
    ...checkCasing(dockerfile),
    ...dockerfile.stages.flatMap((stage) => [
      ...checkRepeated(stage),
      ...checkWorkdir(dockerfile, stage),
      ...checkShellForm(dockerfile, stage),
    ]),
    ...dockerfile.instructions.flatMap((instruction) => checkOne(dockerfile, instruction)),
  ];
}

function checkOne(dockerfile: Dockerfile, instruction: Instruction): Finding[] {
  switch (instruction.keyword) {
    case "MAINTAINER":
      return [
        warn(instruction, "MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label", {
          hint: `write LABEL org.opencontainers.image.authors=…`,
        }),
      ];
    case "ENV":
    case "LABEL":
      return [
        ...(instruction.legacy ? [legacyFormat(instruction, instruction.keyword)] : []),
        ...(instruction.keyword === "ENV" ? checkSecrets(dockerfile, instruction) : []),
      ];
    case "ARG":
      return [
        ...(isGlobal(dockerfile, instruction) ? [] : checkSecrets(dockerfile, instruction)),
        ...checkDescription(instruction),
      ];
    case "FROM":
      return checkDescription(instruction);
    case "EXPOSE":
      return instruction.words.flatMap((word) => checkPort(dockerfile, instruction, word));
    case "STOPSIGNAL": {
      const { word } = instruction;
      if (/[$'"\\]/.test(word) || isSignal(word)) return [];
      return [
        fail(instruction, "signal-unknown", `invalid signal: ${word}`, { hint: "write a name or number: SIGTERM, 15" }),
      ];
    }
    case "RUN":
    case "CMD":
    case "ENTRYPOINT":
      return checkJsonLike(instruction, instruction.command);
    case "HEALTHCHECK":
      return instruction.command ? checkJsonLike(instruction, instruction.command) : [];
    default:
      return [];
  }
}

function isGlobal(dockerfile: Dockerfile, instruction: Instruction): boolean {
  return dockerfile.globalArgs.some((arg) => arg === instruction);
}

/** All keywords should have the casing of the majority. */
function checkCasing(dockerfile: Dockerfile): Finding[] {
  const inStages = dockerfile.stages.flatMap(({ from, instructions }) => [from, ...instructions]);
  const keywords = inStages.map(writtenKeyword);
  const lower = keywords.filter((keyword) => keyword === keyword.toLowerCase()).length;
  const upper = keywords.filter((keyword) => keyword === keyword.toUpperCase()).length;
  const casing = lower > upper ? "lowercase" : "uppercase";
  return inStages.flatMap((instruction) => {
    const keyword = writtenKeyword(instruction);
    if (keyword === (casing === "lowercase" ? keyword.toLowerCase() : keyword.toUpperCase())) return [];
    const message = `Command '${keyword}' should match the case of the command majority (${casing})`;
    return warn(instruction, "ConsistentInstructionCasing", message);
  });
}

/** The last of these wins: those before it do nothing. */
function checkRepeated({ instructions }: Stage): Finding[] {
  return (["CMD", "ENTRYPOINT", "HEALTHCHECK"] as const).flatMap((keyword) =>
    instructions
      .filter((instruction) => instruction.keyword === keyword)
      .slice(0, -1)
      .map((instruction) => {
        const message = `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`;
        return warn(instruction, "MultipleInstructionsDisallowed", message, { hint: "remove this one" });
      }),
  );
}

/** The first WORKDIR of a stage and of those it starts from should be absolute. */
function checkWorkdir(dockerfile: Dockerfile, stage: Stage): Finding[] {
  const first = stage.instructions.find(({ keyword }) => keyword === "WORKDIR");
  if (first?.keyword !== "WORKDIR" || /^["']?[/$]/.test(first.word)) return [];
  for (let base = baseStage(dockerfile, stage); base; base = baseStage(dockerfile, base)) {
    if (base.instructions.some(({ keyword }) => keyword === "WORKDIR")) return [];
  }
  const message = `Relative workdir "${first.word}" can have unexpected results if the base image changes`;
  return [warn(first, "WorkdirRelativePath", message, { hint: `write WORKDIR /${first.word}` })];
}

/** A shell between the engine and the program takes the signals; not when a SHELL instruction wants one. */
function checkShellForm(dockerfile: Dockerfile, stage: Stage): Finding[] {
  for (let base = baseStage(dockerfile, stage); base; base = baseStage(dockerfile, base)) {
    if (base.instructions.some(({ keyword }) => keyword === "SHELL")) return [];
  }
  const shell = stage.instructions.findIndex(({ keyword }) => keyword === "SHELL");
  return stage.instructions.slice(0, shell === -1 ? undefined : shell).flatMap((instruction) => {
    if (instruction.keyword !== "CMD" && instruction.keyword !== "ENTRYPOINT") return [];
    if (instruction.command.form === "exec") return [];
    const message = `JSON arguments recommended for ${instruction.keyword} to prevent unintended behavior related to OS signals`;
    return warn(instruction, "JSONArgsRecommended", message, {
      hint: `write ${instruction.keyword} ["program", "argument"]`,
    });
  });
}

function legacyFormat(instruction: Instruction, keyword: "ENV" | "LABEL"): Finding {
  const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
  return warn(instruction, "LegacyKeyValueFormat", message);
}

function checkSecrets(dockerfile: Dockerfile, instruction: Extract<Instruction, { keyword: "ENV" | "LABEL" | "ARG" }>) {
  return instruction.pairs
    .filter(({ key }) => isSecretName(key))
    .map(({ key }) => {
      const message = `Do not use ARG or ENV instructions for sensitive data (${instruction.keyword} "${key}")`;
      const range = rangeOfText(dockerfile, instruction, key);
      return warn(instruction, "SecretsUsedInArgOrEnv", message, { range, hint: "use RUN --mount=type=secret" });
    });
}

/** A comment right above a definition should describe it, and begin with its name. */
function checkDescription(instruction: Extract<Instruction, { keyword: "FROM" | "ARG" }>): Finding[] {
  const names =
    instruction.keyword === "ARG" ? instruction.pairs.map(({ key }) => key) : [instruction.alias?.toLowerCase() ?? ""];
  const word = instruction.comments.at(-1)?.split(" ")[0];
  if (word === undefined || !names[0] || names.includes(word)) return [];
  const example = names.length > 1 ? "<arg_key>" : names[0];
  const message = `Comment for ${instruction.keyword} should follow the format: \`# ${example} <description>\``;
  return [warn(instruction, "InvalidDefinitionDescription", message)];
}

/** What was meant as exec form, and is no JSON, runs in a shell. */
function checkJsonLike(instruction: Instruction, command: Command): Finding[] {
  if (command.form !== "shell" || !/^\[(?:['"]|\s*['"][^'"]*['"]\s*,)/.test(command.line)) return [];
  return [
    warn(instruction, "json-invalid", "this is no valid JSON: it is taken as the shell form", {
      hint: 'use double quotes and no comma at the end: ["a", "b"]',
    }),
  ];
}
