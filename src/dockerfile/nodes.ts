import { skipSpace, trimSpace } from "./characters.ts";
import { findDirective, readDirectives } from "./directives.ts";
import { ExpandError } from "./expand.ts";
import { chompTabs, findHeredocs, type HeredocWord } from "./heredoc.ts";
import { positionAt, rangeOf, rangeOfLine, type Source, type SourceLine } from "./source.ts";
import type { Directives, DockerfileProblem, Heredoc, Range } from "./types.ts";
import { readJsonWords, type SplitLine, splitInstruction } from "./words.ts";

/** An instruction whose lines are joined, not yet understood. Offsets of its words count in `line`. */
export interface LineNode extends SplitLine {
  /** Continuations joined, comments dropped. */
  readonly line: string;
  /** Where the parts of `line` come from: `at` in it, `offset` in the text. */
  readonly segments: readonly { readonly at: number; readonly offset: number }[];
  readonly heredocs: readonly Heredoc[];
  readonly comments: readonly string[];
  readonly range: Range;
}

export interface NodeReading {
  readonly nodes: readonly LineNode[];
  readonly escape: Directives["escape"];
  readonly problems: readonly DockerfileProblem[];
}

/** BuildKit reads lines into a buffer of this many bytes, the line feed included. */
const maxLineBytes = 65535;

/** Joins lines to instructions and gives them their heredocs. */
export function readNodes(source: Source): NodeReading {
  const problems: DockerfileProblem[] = [];
  const escapeCharacter = readEscape(source, problems);
  const directiveLines = new Set(readDirectives(source.lines, { indented: true }).directives.map(({ line }) => line));
  checkLineLengths(source, problems);

  const nodes: LineNode[] = [];
  let comments: string[] = [];
  for (let index = 0; index < source.lines.length; ) {
    const line = source.lines[index]!;
    if (isComment(line)) {
      const comment = trimSpace(line.content.slice(1));
      if (comment === "") comments = [];
      else if (!directiveLines.has(line)) comments.push(comment);
      index++;
    } else if (skipSpace(line.content) === line.content.length) {
      index++;
    } else {
      const reading = readNode(source, index, escapeCharacter, comments, problems);
      nodes.push(reading.node);
      comments = [];
      index = reading.next;
    }
  }
  return { nodes, escape: escapeCharacter, problems };
}

function readEscape(source: Source, problems: DockerfileProblem[]): Directives["escape"] {
  const { directives, repeated } = readDirectives(source.lines, { indented: true });
  if (repeated) {
    problems.push({
      severity: "error",
      rule: "directive-repeated",
      message: `only one ${repeated.name} parser directive can be used`,
      hint: "remove this line",
      range: rangeOfLine(source, repeated.line),
    });
  }
  const directive = findDirective(directives, "escape");
  if (!directive || directive.value === "\\" || directive.value === "`") return directive?.value === "`" ? "`" : "\\";
  problems.push({
    severity: "error",
    rule: "directive-escape",
    message: `invalid escape token '${directive.value}' does not match \` or \\`,
    hint: "write `# escape=\\` or ``# escape=` ``",
    range: rangeOfLine(source, directive.line),
  });
  return "\\";
}

function checkLineLengths(source: Source, problems: DockerfileProblem[]): void {
  for (const line of source.lines) {
    // A UTF-16 unit takes three bytes at most.
    if (line.text.length * 3 <= maxLineBytes) continue;
    if (new TextEncoder().encode(line.text.replace(/\n$/, "")).length <= maxLineBytes) continue;
    problems.push({
      severity: "error",
      rule: "line-too-long",
      message: `dockerfile line greater than max allowed size of ${maxLineBytes}`,
      hint: "break the line, or move its content into a file",
      range: rangeOfLine(source, line),
    });
  }
}

function isComment(line: SourceLine): boolean {
  return line.content[skipSpace(line.content)] === "#";
}

function readNode(
  source: Source,
  first: number,
  escapeCharacter: Directives["escape"],
  comments: readonly string[],
  problems: DockerfileProblem[],
): { node: LineNode; next: number } {
  const firstLine = source.lines[first]!;
  const start = firstLine.contentOffset + skipSpace(firstLine.content);
  const { line, segments, next, emptyLine } = joinLines(source, first, escapeCharacter);
  if (emptyLine) {
    problems.push({
      severity: "warning",
      rule: "NoEmptyContinuation",
      message: `Empty continuation line found in: ${line}`,
      hint: "remove the empty line, or make it a comment: it will become an error",
      range: rangeOfLine(source, emptyLine),
    });
  }
  const split = splitInstruction(line, escapeCharacter);
  const joined = { ...split, line, segments, comments };
  const words = heredocWords(
    source,
    { ...joined, heredocs: [], range: rangeOf(source, start, start) },
    escapeCharacter,
    problems,
  );
  const { heredocs, after } = readHeredocs(source, words, next);
  const last = source.lines[after - 1]!;
  const range = rangeOf(source, start, last.contentOffset + last.content.length);
  const node: LineNode = { ...joined, heredocs, range };
  if (heredocs.length < words.length) {
    problems.push({
      severity: "error",
      rule: "heredoc-unterminated",
      message: `unterminated heredoc ${words[heredocs.length]!.name}`,
      hint: `end it with a line that holds only ${words[heredocs.length]!.name}`,
      range: rangeOfWord(source, node, { start: split.keyword.start, end: line.trimEnd().length }),
    });
  }
  return { node, next: after };
}

function joinLines(source: Source, first: number, escapeCharacter: Directives["escape"]) {
  const continuation = new RegExp(`([^\\${escapeCharacter}]|^)\\${escapeCharacter}[ \\t]*$`);
  const segments: { at: number; offset: number }[] = [];
  let line = "";
  let emptyLine: SourceLine | undefined;
  let next = first;
  for (let isOpen = true; isOpen && next < source.lines.length; next++) {
    const physical = source.lines[next]!;
    if (next > first && isComment(physical)) continue;
    const skipped = skipSpace(physical.content);
    if (next > first && skipped === physical.content.length) {
      emptyLine ??= physical;
      continue;
    }
    const from = next === first ? skipped : 0;
    const content = physical.content.slice(from);
    isOpen = continuation.test(content);
    const part = isOpen ? content.replace(continuation, "$1") : content;
    if (part !== "") segments.push({ at: line.length, offset: physical.contentOffset + from });
    line += part;
  }
  return { line, segments, next, emptyLine };
}

const heredocKeywords = new Set(["add", "copy", "run"]);

/** Heredocs belong to RUN, COPY and ADD, also behind ONBUILD, and not to the JSON form. */
function heredocWords(
  source: Source,
  node: LineNode,
  escapeCharacter: Directives["escape"],
  problems: DockerfileProblem[],
): HeredocWord[] {
  const isOnbuild = node.keyword.text.toLowerCase() === "onbuild";
  const inner = isOnbuild ? splitInstruction(node.rest.text, escapeCharacter) : node;
  if (!heredocKeywords.has(inner.keyword.text.toLowerCase())) return [];
  if (readJsonWords(inner.rest.text).kind !== "none") return [];
  try {
    return findHeredocs(node.line);
  } catch (error) {
    if (!(error instanceof ExpandError)) throw error;
    problems.push({
      severity: "error",
      rule: "heredoc-name",
      message: `invalid heredoc: ${error.reason}`,
      hint: undefined,
      range: rangeOfWord(source, node, node.rest),
    });
    return [];
  }
}

/** Gives as many heredocs as end before the text does; an unterminated one takes the rest of it. */
function readHeredocs(source: Source, words: readonly HeredocWord[], from: number) {
  const heredocs: Heredoc[] = [];
  let after = from;
  for (const word of words) {
    const last = findTerminator(source, word, after);
    if (last === undefined) return { heredocs, after: source.lines.length };
    const [first, terminator] = [source.lines[after]!, source.lines[last]!];
    const raw = source.text.slice(first.offset, terminator.offset);
    heredocs.push({
      ...word,
      raw,
      content: word.chomp ? chompTabs(raw) : raw,
      range: rangeOf(source, first.offset, terminator.contentOffset + terminator.content.length),
    });
    after = last + 1;
  }
  return { heredocs, after };
}

function findTerminator({ lines }: Source, { name, chomp }: HeredocWord, from: number): number | undefined {
  for (let index = from; index < lines.length; index++) {
    const { content } = lines[index]!;
    if ((chomp ? content.replace(/^\t+/, "") : content) === name) return index;
  }
  return undefined;
}

/** Where a piece of a node's joined line stands in the text. */
export function rangeOfWord(
  source: Source,
  node: Pick<LineNode, "segments" | "range">,
  word: { readonly start: number; readonly end: number },
): Range {
  const end = word.end === 0 ? offsetAt(node, 0) : offsetAt(node, word.end - 1) + 1;
  const start = word.start < word.end ? offsetAt(node, word.start) : end;
  return { start: positionAt(source, start), end: positionAt(source, end) };
}

function offsetAt(node: Pick<LineNode, "segments" | "range">, at: number): number {
  const segment = node.segments.findLast((candidate) => candidate.at <= at);
  return segment ? segment.offset + at - segment.at : node.range.start.offset;
}
