import { isSpace } from "./characters.ts";
import { PatternError, replacePattern, replacePatternAll, trimPattern, trimPatternEnd } from "./shell-pattern.ts";

export interface ExpandOptions {
  readonly lookup: (name: string) => string | undefined;
  /** The file's escape character; a backslash by default. */
  readonly escape?: "\\" | "`" | undefined;
  /** Quotes stay in the result. */
  readonly rawQuotes?: boolean | undefined;
  /** Escape characters stay in the result. */
  readonly rawEscapes?: boolean | undefined;
  /** Quotes are characters like all others, as in the body of a heredoc. */
  readonly ignoreQuotes?: boolean | undefined;
  /** A reference to a variable that is not set stays as it is. */
  readonly keepUnset?: boolean | undefined;
}

export interface Expansion {
  readonly text: string;
  /** The text split at unquoted white space, that of variables' values included. */
  readonly words: readonly string[];
  /** Variables that were asked for and are set. */
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

/** The word can't be expanded; the message names it and says why. */
export class ExpandError extends Error {
  override readonly name = "ExpandError";
  readonly word: string;
  readonly reason: string;

  constructor(word: string, reason: string) {
    super(`failed to process ${JSON.stringify(word)}: ${reason}`);
    this.word = word;
    this.reason = reason;
  }
}

/**
 * Expands `$name` and `${name…}` and removes quotes and escapes, as a shell would (Dockerfile reference, "Environment
 * replacement"; where it is silent, BuildKit's shell lexer). Throws ExpandError.
 */
export function expand(word: string, options: ExpandOptions): Expansion {
  const lexer: Lexer = {
    options,
    escape: options.escape ?? "\\",
    characters: [...word],
    at: 0,
    rawEscapes: options.rawEscapes ?? false,
    matched: new Set(),
    unmatched: new Set(),
  };
  try {
    const { text, words } = readUntil(lexer, undefined, lexer.rawEscapes);
    return { text, words, matched: lexer.matched, unmatched: lexer.unmatched };
  } catch (error) {
    if (error instanceof SyntaxFailure) throw new ExpandError(word, error.message);
    throw error;
  }
}

/** The word after expansion, spaces kept. Throws ExpandError. */
export function expandWord(word: string, options: ExpandOptions): string {
  return expand(word, options).text;
}

/** The words that `word` becomes after expansion. Throws ExpandError. */
export function expandWords(word: string, options: ExpandOptions): string[] {
  return [...expand(word, options).words];
}

class SyntaxFailure extends Error {}

interface Lexer {
  readonly options: ExpandOptions;
  readonly escape: string;
  readonly characters: readonly string[];
  at: number;
  rawEscapes: boolean;
  readonly matched: Set<string>;
  readonly unmatched: Set<string>;
}

function peek(lexer: Lexer): string | undefined {
  return lexer.characters[lexer.at];
}

function next(lexer: Lexer): string | undefined {
  return lexer.characters[lexer.at++];
}

function readUntil(lexer: Lexer, stop: string | undefined, rawEscapes: boolean): { text: string; words: string[] } {
  const outerRawEscapes = lexer.rawEscapes;
  lexer.rawEscapes = rawEscapes;
  let text = "";
  let pending = "";
  let stopped = stop === undefined;
  const words: string[] = [];
  const endWord = () => {
    if (pending !== "") words.push(pending);
    pending = "";
  };
  const splitInto = (part: string) => {
    for (const character of part) {
      if (isSpace(character)) endWord();
      else pending += character;
    }
  };

  for (let character = peek(lexer); character !== undefined; character = peek(lexer)) {
    if (character === stop) {
      lexer.at++;
      stopped = true;
      break;
    }
    const special = readSpecial(lexer, character);
    if (special !== undefined) {
      text += special;
      if (character === "$") splitInto(special);
      else pending += special;
      continue;
    }
    lexer.at++;
    if (character !== lexer.escape) {
      text += character;
      splitInto(character);
      continue;
    }
    const escaped = (lexer.rawEscapes ? character : "") + (next(lexer) ?? "");
    text += escaped;
    pending += escaped;
  }
  if (!stopped) throw new SyntaxFailure(`unexpected end of statement while looking for matching ${stop}`);
  endWord();
  lexer.rawEscapes = outerRawEscapes;
  return { text, words };
}

function readSpecial(lexer: Lexer, character: string): string | undefined {
  if (character === "$") return readDollar(lexer);
  if (character === "<") return readHeredocOperator(lexer);
  if (lexer.options.ignoreQuotes) return undefined;
  if (character === "'") return readSingleQuoted(lexer);
  if (character === '"') return readDoubleQuoted(lexer);
  return undefined;
}

/** White space between `<<` and a heredoc's name does not separate words. */
function readHeredocOperator(lexer: Lexer): string {
  lexer.at++;
  if (peek(lexer) !== "<") return "<";
  lexer.at++;
  let operator = "<<";
  while (/^[\t\r ]$/.test(peek(lexer) ?? "")) operator += next(lexer);
  return operator;
}

function readSingleQuoted(lexer: Lexer): string {
  lexer.at++;
  const quote = lexer.options.rawQuotes ? "'" : "";
  const end = lexer.characters.indexOf("'", lexer.at);
  if (end === -1) throw new SyntaxFailure("unexpected end of statement while looking for matching single-quote");
  const content = lexer.characters.slice(lexer.at, end).join("");
  lexer.at = end + 1;
  return quote + content + quote;
}

/** Inside, only `"`, `$` and the escape character can be escaped; before anything else it is literal. */
function readDoubleQuoted(lexer: Lexer): string {
  lexer.at++;
  const quote = lexer.options.rawQuotes ? '"' : "";
  let content = "";
  for (;;) {
    const character = peek(lexer);
    if (character === undefined) {
      throw new SyntaxFailure("unexpected end of statement while looking for matching double-quote");
    }
    if (character === "$") {
      content += readDollar(lexer);
      continue;
    }
    lexer.at++;
    if (character === '"') return quote + content + quote;
    if (character !== lexer.escape) {
      content += character;
      continue;
    }
    if (lexer.rawEscapes) content += character;
    const escaped = peek(lexer);
    if (escaped === undefined) continue;
    content += [`"`, "$", lexer.escape].includes(escaped) ? next(lexer) : character;
  }
}

function readDollar(lexer: Lexer): string {
  lexer.at++;
  if (peek(lexer) !== "{") {
    const name = readName(lexer);
    if (name === "") return "$";
    return lookUp(lexer, name) ?? (lexer.options.keepUnset ? `$${name}` : "");
  }
  lexer.at++;
  const first = peek(lexer);
  if (first === undefined) throw new SyntaxFailure("syntax error: missing '}'");
  if (first === "{" || first === "}" || first === ":") throw new SyntaxFailure("syntax error: bad substitution");
  return readSubstitution(lexer, readName(lexer));
}

/** After `${name`. */
function readSubstitution(lexer: Lexer, name: string): string {
  const operator = next(lexer);
  switch (operator) {
    case undefined:
      throw new SyntaxFailure("syntax error: missing '}'");
    case "}":
      return lookUp(lexer, name) ?? (lexer.options.keepUnset ? `\${${name}}` : "");
    case ":":
      return readModifier(lexer, name, true, next(lexer));
    case "+":
    case "-":
    case "?":
    case "#":
    case "%":
      return readModifier(lexer, name, false, operator);
    case "/":
      return readReplacement(lexer, name);
    default:
      throw new SyntaxFailure(`unsupported modifier (${operator}) in substitution`);
  }
}

function readModifier(lexer: Lexer, name: string, nullIsUnset: boolean, modifier: string | undefined): string {
  if (modifier === undefined) throw new SyntaxFailure("syntax error: missing '}'");
  const written = (nullIsUnset ? ":" : "") + modifier;
  const isPattern = modifier === "#" || modifier === "%";
  if (nullIsUnset && isPattern) throw new SyntaxFailure(`unsupported modifier (${written}) in substitution`);
  const word = readPart(lexer, "}", isPattern);
  const value = lookUp(lexer, name);
  if (value === undefined && lexer.options.keepUnset) return `\${${name}${written}${word}}`;

  const isMissing = value === undefined || (nullIsUnset && value === "");
  switch (modifier) {
    case "-":
      return isMissing ? word : value;
    case "+":
      return isMissing ? "" : word;
    case "?":
      if (!isMissing) return value;
      throw new SyntaxFailure(`${name}: ${word || `is not allowed to be ${value === undefined ? "unset" : "empty"}`}`);
    case "#":
    case "%": {
      const isDoubled = word.startsWith(modifier);
      const trim = modifier === "#" ? trimPattern : trimPatternEnd;
      const wanted = isDoubled ? "longest" : "shortest";
      return withPattern(isDoubled ? word.slice(1) : word, (pattern) => trim(value ?? "", pattern, wanted));
    }
    default:
      throw new SyntaxFailure(`unsupported modifier (${written}) in substitution`);
  }
}

/** After `${name/`. */
function readReplacement(lexer: Lexer, name: string): string {
  const all = peek(lexer) === "/";
  if (all) lexer.at++;
  const pattern = readPart(lexer, "/", true);
  const replacement = readPart(lexer, "}", true);
  const value = lookUp(lexer, name);
  if (value === undefined && lexer.options.keepUnset) return `\${${name}/${pattern}/${replacement}}`;
  const replace = all ? replacePatternAll : replacePattern;
  return withPattern(pattern, () => replace(value ?? "", pattern, replacement));
}

function readPart(lexer: Lexer, stop: "}" | "/", rawEscapes: boolean): string {
  try {
    return readUntil(lexer, stop, rawEscapes).text;
  } catch (error) {
    if (!(error instanceof SyntaxFailure) || peek(lexer) !== undefined) throw error;
    throw new SyntaxFailure(stop === "}" ? "syntax error: missing '}'" : "syntax error: missing '/' in ${}");
  }
}

function withPattern(pattern: string, apply: (pattern: string) => string): string {
  try {
    return apply(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new SyntaxFailure(`invalid pattern (${pattern}) in substitution: ${error.message}`);
  }
}

/** A name, a positional parameter (all digits) or a special parameter; empty when there is none. */
function readName(lexer: Lexer): string {
  const first = peek(lexer) ?? "";
  if (/^\p{Nd}$/u.test(first)) return readWhile(lexer, /^\p{Nd}$/u);
  if (first !== "" && "@*#?-$!".includes(first)) return next(lexer)!;
  return readWhile(lexer, /^[\p{L}\p{Nd}_]$/u);
}

function readWhile(lexer: Lexer, pattern: RegExp): string {
  let name = "";
  while (pattern.test(peek(lexer) ?? "")) name += next(lexer);
  return name;
}

function lookUp(lexer: Lexer, name: string): string | undefined {
  const value = lexer.options.lookup(name);
  (value === undefined ? lexer.unmatched : lexer.matched).add(name);
  return value;
}
