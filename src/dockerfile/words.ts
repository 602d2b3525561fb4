import { isSpace, skipSpace, trimSpaceEnd } from "./characters.ts";

/** A piece of a line. `text` may have lost quotes; `start` and `end` say where it was written. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What separates words: fewer characters than what is trimmed. */
const separator = /[\t\v\f\r ]+/;

export interface SplitLine {
  readonly keyword: Word;
  readonly flags: readonly Word[];
  /** All that follows, trimmed. */
  readonly rest: Word;
}

/** Splits an instruction, all on one line, into its keyword, its `--flags` and the rest. */
export function splitInstruction(line: string, escapeCharacter: string): SplitLine {
  const start = skipSpace(line);
  const end = trimSpaceEnd(line).length;
  const [keyword, rest] = splitOnce(wordAt(line, start, Math.max(start, end)));
  if (!rest) return { keyword, flags: [], rest: wordAt(line, keyword.end, keyword.end) };
  const { flags, at } = readFlags(line.slice(0, end), rest.start, escapeCharacter);
  return { keyword, flags, rest: wordAt(line, at, end) };
}

function wordAt(line: string, start: number, end: number): Word {
  return { text: line.slice(start, end), start, end };
}

/**
 * Flags are words that start with `--`, before the first other word or after a lone `--`; quotes are removed. Only
 * ASCII's white space separates them.
 */
function readFlags(line: string, from: number, escapeCharacter: string): { flags: Word[]; at: number } {
  const flags: Word[] = [];
  let at = from;
  for (;;) {
    const start = skipAsciiSpace(line, at);
    if (!line.startsWith("--", start)) return { flags, at: skipSpace(line, start) };
    const flag = readUnquotedWord(line, start, escapeCharacter);
    at = flag.end;
    if (flag.text === "--") return { flags, at: skipSpace(line, at) };
    flags.push(flag);
  }
}

const asciiSpace = /[\t-\r ]/;

function skipAsciiSpace(line: string, from: number): number {
  let at = from;
  while (at < line.length && asciiSpace.test(line[at]!)) at++;
  return at;
}

function readUnquotedWord(line: string, start: number, escapeCharacter: string): Word {
  let text = "";
  let quote: string | undefined;
  let at = start;
  for (; at < line.length; at++) {
    const character = line[at]!;
    if (quote === undefined && asciiSpace.test(character)) break;
    if (quote === undefined ? character === "'" || character === '"' : character === quote) {
      quote = quote === undefined ? character : undefined;
    } else if (character === escapeCharacter) {
      at++;
      text += line[at] ?? "";
    } else {
      text += character;
    }
  }
  return { text, start, end: Math.min(at, line.length) };
}

/** Words between spaces; quotes and escapes mean nothing. */
export function splitWords(rest: Word): Word[] {
  if (rest.text === "") return [];
  const words: Word[] = [];
  let start = 0;
  for (const gap of rest.text.matchAll(new RegExp(separator, "g"))) {
    words.push(wordAt(rest.text, start, gap.index));
    start = gap.index + gap[0].length;
  }
  words.push(wordAt(rest.text, start, rest.text.length));
  return words.map((word) => shift(word, rest.start));
}

function shift(word: Word, by: number): Word {
  return { text: word.text, start: word.start + by, end: word.end + by };
}

/** Words between spaces that stand neither in quotes nor behind the escape character; both stay in the words. */
export function splitQuotedWords(rest: Word, escapeCharacter: string): Word[] {
  const words: Word[] = [];
  const line = rest.text;
  for (let at = skipSpace(line); at < line.length; at = skipSpace(line, at)) {
    const word = readQuotedWord(line, at, escapeCharacter);
    if (word.text !== "") words.push(shift(word, rest.start));
    at = word.end;
  }
  return words;
}

function readQuotedWord(line: string, start: number, escapeCharacter: string): Word {
  let text = "";
  let quote: string | undefined;
  let at = start;
  for (; at < line.length; at++) {
    const character = line[at]!;
    if (quote === undefined && isSpace(character)) break;
    if (character === escapeCharacter && quote !== "'") {
      // At the very end there is nothing to escape: it is dropped.
      if (at + 1 === line.length) continue;
      text += character;
      at++;
      text += line[at];
      continue;
    }
    if (quote === undefined && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = undefined;
    text += character;
  }
  return { text, start, end: Math.min(at, line.length) };
}

/** Splits once, at the first run of spaces: the key and value of the old form `ENV key value`. */
export function splitOnce(rest: Word): [Word, Word | undefined] {
  const gap = separator.exec(rest.text);
  if (!gap) return [rest, undefined];
  const valueStart = gap.index + gap[0].length;
  return [
    shift(wordAt(rest.text, 0, gap.index), rest.start),
    shift(wordAt(rest.text, valueStart, rest.text.length), rest.start),
  ];
}

export type JsonWords =
  | { readonly kind: "strings"; readonly values: readonly string[] }
  /** Valid JSON, but not of strings only: a mistake, never the shell form. */
  | { readonly kind: "other" }
  | { readonly kind: "none" };

/** Reads `["a", "b"]`; what is no valid JSON is the shell form. */
export function readJsonWords(text: string): JsonWords {
  const json = text.slice(skipSpace(text));
  if (!json.startsWith("[")) return { kind: "none" };
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // Invalid JSON is the shell form by the Dockerfile reference.
    return { kind: "none" };
  }
  const values = parsed as readonly unknown[];
  if (!values.every((value) => typeof value === "string")) return { kind: "other" };
  return { kind: "strings", values: values.map((value) => value.replace(/\p{Surrogate}/gu, "\ufffd")) };
}

/** Splits at the first white space of any kind: HEALTHCHECK's type and the rest. */
export function splitOnceAtSpace(rest: Word): [Word, Word] {
  let end = 0;
  while (end < rest.text.length && !isSpace(rest.text[end]!)) end++;
  const start = skipSpace(rest.text, end);
  return [shift(wordAt(rest.text, 0, end), rest.start), shift(wordAt(rest.text, start, rest.text.length), rest.start)];
}
