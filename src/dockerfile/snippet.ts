import { readSource } from "./source.ts";
import type { DockerfileProblem, Range } from "./types.ts";

/** Characters of a line that are shown around a place in it. */
const width = 120;

/**
 * A problem as a person reads it: place, message, the line with the place underlined, and what to do.
 *
 *     Dockerfile:3:1: error: unknown instruction: RNU (unknown-instruction)
 *        3 | RNU make
 *          | ^^^
 *          = hint: did you mean RUN?
 */
export function renderProblem(file: string, text: string, problem: DockerfileProblem): string {
  const { line, column } = problem.range.start;
  const title = `${file}:${line}:${column}: ${problem.severity}: ${problem.message} (${problem.rule})`;
  const hint = problem.hint === undefined ? [] : [`${" ".repeat(6)}= hint: ${problem.hint}`];
  return [title, ...renderLine(text, problem.range), ...hint].join("\n");
}

function renderLine(text: string, { start, end }: Range): string[] {
  const content = readSource(text).lines[start.line - 1]?.content ?? "";
  // The first line's content has lost its byte order mark, if it had one.
  const shift = start.line === 1 && text.startsWith("\ufeff") ? 1 : 0;
  const from = Math.min(start.column - 1 - shift, content.length);
  const to = end.line === start.line ? end.column - 1 - shift : content.length;
  const left = Math.max(0, from - width / 2);
  const shown = content.slice(left, left + width);
  const indent = shown.slice(0, from - left).replace(/[^\t]/g, " ");
  const marks = "^".repeat(Math.max(1, Math.min(to - from, shown.length - (from - left))));
  const more = end.line > start.line ? ` … to line ${end.line}` : "";
  return [`${String(start.line).padStart(4)}  | ${shown}`, `${" ".repeat(6)}| ${indent}${marks}${more}`];
}
