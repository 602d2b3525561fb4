import { positionAt, readSource } from "./source.ts";
import type { Dockerfile, DockerfileProblem, Instruction, Range } from "./types.ts";

/** A problem beyond syntax, with the instruction whose comments may switch its rule off. */
export interface Finding extends DockerfileProblem {
  readonly instruction: Instruction;
}

export function warn(
  instruction: Instruction,
  rule: string,
  message: string,
  { hint, range = instruction.range }: { hint?: string | undefined; range?: Range } = {},
): Finding {
  return { severity: "warning", rule, message, hint, range, instruction };
}

export function fail(
  instruction: Instruction,
  rule: string,
  message: string,
  { hint, range = instruction.range }: { hint?: string | undefined; range?: Range } = {},
): Finding {
  return { severity: "error", rule, message, hint, range, instruction };
}

/** The keyword as it is written. */
export function writtenKeyword(instruction: Instruction): string {
  return instruction.summary.split(/\s/, 1)[0]!;
}

/** Where `text` first stands in an instruction; all of the instruction when it doesn't, broken by a continuation. */
export function rangeOfText(dockerfile: Dockerfile, instruction: Instruction, text: string): Range {
  const at = instruction.text.indexOf(text);
  if (at === -1) return instruction.range;
  const source = readSource(dockerfile.text);
  const start = instruction.range.start.offset + at;
  return { start: positionAt(source, start), end: positionAt(source, start + text.length) };
}
