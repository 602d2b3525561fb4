import type { Position, Range } from "./types.ts";

/** A physical line of the text. */
export interface SourceLine {
  /** From 1. */
  readonly number: number;
  /** Where it starts in the text. */
  readonly offset: number;
  /** With its line break. */
  readonly text: string;
  /** Without its line break, and without the byte order mark of the first line. */
  readonly content: string;
  /** Where `content` starts in the text. */
  readonly contentOffset: number;
}

/** A text with its lines. A line ends with a line feed; carriage returns before it belong to the break. */
export interface Source {
  readonly text: string;
  readonly lines: readonly SourceLine[];
}

export function readSource(text: string): Source {
  const lines: SourceLine[] = [];
  for (let offset = 0; offset < text.length; ) {
    const feed = text.indexOf("\n", offset);
    const line = text.slice(offset, feed === -1 ? text.length : feed + 1);
    const mark = offset === 0 && line.startsWith("\ufeff") ? 1 : 0;
    lines.push({
      number: lines.length + 1,
      offset,
      text: line,
      content: trimLineBreak(line.slice(mark)),
      contentOffset: offset + mark,
    });
    offset += line.length;
  }
  return { text, lines };
}

export function trimLineBreak(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === "\n" || line[end - 1] === "\r")) end--;
  return line.slice(0, end);
}

export function positionAt(source: Source, offset: number): Position {
  let low = 0;
  let high = source.lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (source.lines[middle]!.offset <= offset) low = middle;
    else high = middle - 1;
  }
  const line = source.lines[low];
  return { line: line?.number ?? 1, column: offset - (line?.offset ?? 0) + 1, offset };
}

export function rangeOf(source: Source, start: number, end: number): Range {
  return { start: positionAt(source, start), end: positionAt(source, end) };
}

/** The line's content. */
export function rangeOfLine(source: Source, line: SourceLine): Range {
  return rangeOf(source, line.contentOffset, line.contentOffset + line.content.length);
}
