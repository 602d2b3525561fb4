import { detectCheck, detectSyntax } from "./directives.ts";
import { readInstruction } from "./instructions.ts";
import { type LineNode, readNodes } from "./nodes.ts";
import { positionAt, readSource, type Source } from "./source.ts";
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
