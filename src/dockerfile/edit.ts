import { ExitCode, SlipwayError } from "../errors.ts";
import { isSpace } from "./characters.ts";
import { readDirectives } from "./directives.ts";
import { parseDockerfile } from "./parse.ts";
import { readSource, type Source, type SourceLine, trimLineBreak } from "./source.ts";
import type { Dockerfile, Instruction } from "./types.ts";

/**
 * Edits of a Dockerfile's text that change nothing else in it: comments, formatting, line endings and a missing final
 * line break stay. Instructions are counted as in the model, from 1. All throw SlipwayError: `EDIT_NUMBER` for an
 * instruction that isn't there, `EDIT_SPILLS` when the new text would swallow or change another instruction.
 */

/**
 * The text with `newText`, one instruction or more, before instruction `before`; after the last one for count + 1. It stands
 * right below the instruction above it, so that a comment stays with the instruction that follows.
 */
export function insertInstruction(text: string, before: number, newText: string): string {
  const dockerfile = parseDockerfile(text);
  const { instructions } = dockerfile;
  if (before > 1 || instructions.length === 0) return insertBelow(dockerfile, before, newText);
  const source = readSource(text);
  const { contentOffset } = source.lines[firstLineOf(source, findInstruction(dockerfile, before)) - 1]!;
  const inserted = withLineBreaks(text, newText);
  const edited = text.slice(0, contentOffset) + inserted + lineBreakOf(text) + text.slice(contentOffset);
  return requireUntouched(dockerfile, edited, before - 1, before - 1);
}

/** The text with `newText` in place of an instruction. */
export function replaceInstruction(text: string, number: number, newText: string): string {
  const dockerfile = parseDockerfile(text);
  const { range } = findInstruction(dockerfile, number);
  const edited = text.slice(0, range.start.offset) + withLineBreaks(text, newText) + text.slice(range.end.offset);
  return requireUntouched(dockerfile, edited, number - 1, number);
}

/** The text without an instruction and its lines; comments before it stay. */
export function removeInstruction(text: string, number: number): string {
  const dockerfile = parseDockerfile(text);
  const { range } = findInstruction(dockerfile, number);
  const { lines } = readSource(text);
  const start = lines[range.start.line - 1]!.contentOffset;
  const last = lines[range.end.line - 1]!;
  const end = last.offset + last.text.length;
  const endsText = end === text.length && !last.text.endsWith("\n");
  const kept = endsText ? trimOneLineBreak(text.slice(0, start)) : text.slice(0, start);
  const edited = kept + text.slice(end);
  const isSame = sameDirectives(dockerfile, parseDockerfile(edited));
  // A comment that moved up to the first line could become a directive: an empty line keeps it a comment.
  return requireUntouched(dockerfile, isSame ? edited : kept + lineBreakOf(text) + text.slice(end), number - 1, number);
}

function insertBelow(dockerfile: Dockerfile, before: number, newText: string): string {
  const { text } = dockerfile;
  const above = before > 1 ? findInstruction(dockerfile, before - 1) : undefined;
  const inserted = withLineBreaks(text, newText);
  const lineBreak = lineBreakOf(text);
  const end = above ? above.range.end.offset : text.length;
  const opening = above || (text !== "" && !text.endsWith("\n")) ? lineBreak : "";
  const closing = !above && (text === "" || text.endsWith("\n")) ? lineBreak : "";
  const edited = text.slice(0, end) + opening + inserted + closing + text.slice(end);
  return requireUntouched(dockerfile, edited, before - 1, before - 1);
}

function findInstruction(dockerfile: Dockerfile, number: number): Instruction {
  const instruction = dockerfile.instructions[number - 1];
  if (instruction) return instruction;
  const count = dockerfile.instructions.length;
  throw new SlipwayError("EDIT_NUMBER", `there is no instruction ${number}: the Dockerfile has ${count}`, {
    hint: count > 0 ? `choose a number from 1 to ${count}` : undefined,
    exitCode: ExitCode.usage,
  });
}

/** The line where the first instruction starts, or the first of the comments right above it, which belong to it. */
function firstLineOf(source: Source, instruction: Instruction): number {
  const directives = readDirectives(source.lines, { indented: true }).directives.map(({ line }) => line.number);
  let line = instruction.range.start.line;
  while (line > 1 && isComment(source.lines[line - 2]!) && !directives.includes(line - 1)) line--;
  return line;
}

function isComment({ content }: SourceLine): boolean {
  return [...content].find((character) => !isSpace(character)) === "#";
}

/** The line break of the text's first line. */
function lineBreakOf(text: string): "\n" | "\r\n" {
  return /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n";
}

function withLineBreaks(text: string, newText: string): string {
  return trimLineBreak(newText).replace(/\r?\n/g, lineBreakOf(text));
}

function trimOneLineBreak(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** `from` instructions before the edit and those after `to` must be what they were. */
function requireUntouched(old: Dockerfile, edited: string, from: number, to: number): string {
  const model = parseDockerfile(edited);
  const before = (dockerfile: Dockerfile) => dockerfile.instructions.slice(0, from).map((item) => item.text);
  const tail = old.instructions.length - to;
  const after = ({ instructions }: Dockerfile) =>
    instructions.slice(Math.max(from, instructions.length - tail)).map((item) => item.text);
  const isSame = String(before(old)) === String(before(model)) && String(after(old)) === String(after(model));
  if (isSame && sameDirectives(old, model)) return edited;
  throw new SlipwayError("EDIT_SPILLS", "the new text would run into another instruction of the Dockerfile", {
    hint: "end it: no continuation character on its last line, and every heredoc closed",
    exitCode: ExitCode.usage,
  });
}

function sameDirectives(left: Dockerfile, right: Dockerfile): boolean {
  return JSON.stringify(left.directives) === JSON.stringify(right.directives);
}
