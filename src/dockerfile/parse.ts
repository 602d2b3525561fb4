import { detectCheck, detectSyntax } from "./directives.ts";
import { readInstruction } from "./instructions.ts";
import { type LineNode, readNodes } from "./nodes.ts";
import { positionAt, rangeOf, readSource, type Source } from "./source.ts";
import type { ArgInstruction, Dockerfile, DockerfileProblem, FromInstruction, Instruction, Stage } from "./types.ts";

/**
 * Parses a Dockerfile as BuildKit does: text, lines, instructions, stages. Never throws: what is wrong is in `problems`,
 * and the model holds what could be understood.
 */
export function parseDockerfile(text: string): Dockerfile {
  const source = readSource(text);
  const { nodes, ...reading } = readNodes(source);
  const problems = [...reading.problems];
  const { globalArgs, stages, instructions } = readStages(source, nodes, reading.escape, problems);
  if (nodes.length === 0) {
    problems.push(problemAtEnd(source, "no-instructions", "file with no instructions", "start with FROM IMAGE"));
  } else if (stages.length === 0 && !problems.some(({ rule }) => rule === "no-stage")) {
    problems.push(problemAtEnd(source, "no-stages", "dockerfile contains no stages to build", "add FROM IMAGE"));
  }
  return {
    text,
    directives: { syntax: detectSyntax(source.lines, text), escape: reading.escape, check: detectCheck(source.lines) },
    globalArgs,
    stages,
    instructions,
    problems: problems.sort((left, right) => left.range.start.offset - right.range.start.offset),
  };
}

interface StageDraft {
  readonly from: FromInstruction;
  readonly instructions: Instruction[];
}

function readStages(
  source: Source,
  nodes: readonly LineNode[],
  escapeCharacter: Dockerfile["directives"]["escape"],
  problems: DockerfileProblem[],
) {
  const instructions: Instruction[] = [];
  const globalArgs: ArgInstruction[] = [];
  const drafts: StageDraft[] = [];
  for (const node of nodes) {
    const instruction = readInstruction({ source, node, escape: escapeCharacter, problems }, instructions.length + 1);
    if (!instruction) continue;
    instructions.push(instruction);
    const stage = drafts.at(-1);
    if (instruction.keyword === "FROM") drafts.push({ from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.keyword === "ARG") globalArgs.push(instruction);
    else problems.push(outsideStage(instruction));
  }
  return { instructions, globalArgs, stages: drafts.map(createStage) };
}

function createStage({ from, instructions }: StageDraft, index: number): Stage {
  const last = instructions.at(-1) ?? from;
  return {
    index,
    name: from.alias?.toLowerCase(),
    from,
    instructions,
    range: { start: from.range.start, end: last.range.end },
  };
}

function outsideStage(instruction: Instruction): DockerfileProblem {
  return {
    severity: "error",
    rule: "no-stage",
    message: `no build stage in current context: ${instruction.keyword} stands before the first FROM`,
    hint: "only ARG may stand before FROM",
    range: instruction.range,
  };
}

function problemAtEnd(source: Source, rule: string, message: string, hint: string): DockerfileProblem {
  const end = positionAt(source, source.text.length);
  return { severity: "error", rule, message, hint, range: { start: end, end } };
}

/**
 * Parses the text of an ONBUILD trigger, as an image's configuration holds it. Its ranges count in `trigger` itself.
 * `problems` is not empty when it is not exactly one instruction, or one that can't be a trigger.
 */
export function parseTrigger(trigger: string): {
  readonly instruction: Instruction | undefined;
  readonly problems: readonly DockerfileProblem[];
} {
  const source = readSource(trigger);
  const { nodes, ...reading } = readNodes(source);
  const problems = [...reading.problems];
  const whole = rangeOf(source, 0, trigger.length);
  if (nodes.length !== 1) {
    const message = "onbuild trigger should be a single expression";
    problems.push({ severity: "error", rule: "onbuild-trigger", message, hint: undefined, range: whole });
    return { instruction: undefined, problems };
  }
  const instruction = readInstruction({ source, node: nodes[0]!, escape: reading.escape, problems }, 1);
  if (instruction && ["FROM", "ONBUILD", "MAINTAINER"].includes(instruction.keyword)) {
    const message = `${instruction.keyword} isn't allowed as an ONBUILD trigger`;
    problems.push({ severity: "error", rule: "onbuild-trigger", message, hint: undefined, range: whole });
  }
  return { instruction, problems };
}
