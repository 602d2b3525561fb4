import { SlipwayError } from "../../errors.ts";

/** Whether a path part holds a wildcard of COPY: `*`, `?` or `[`, not escaped by `\`. */
export function hasWildcard(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(text);
}

export interface SplitPattern {
  /** The leading parts without wildcards, absolute. */
  readonly base: string;
  /** The rest, relative to `base`; empty when there is no wildcard. */
  readonly pattern: string;
}

/** Cuts a cleaned absolute source into the folder to search and the pattern for what is in it, as BuildKit does. */
export function splitPattern(path: string): SplitPattern {
  const parts = path.split("/").filter((part) => part !== "");
  const first = parts.findIndex(hasWildcard);
  if (first < 0) return { base: path, pattern: "" };
  return { base: `/${parts.slice(0, first).join("/")}`, pattern: parts.slice(first).join("/") };
}

/**
 * The regular expression of a pattern of Go's filepath.Match, which COPY's wildcards are: `*` and `?` stay within one part of
 * a path, `[a-z]` and `[^a-z]` are classes, `\` escapes. There is no `**`.
 */
export function compilePattern(pattern: string): RegExp {
  let expression = "";
  let rest = pattern;
  while (rest !== "") {
    const token = /^(?:\[(\^?)((?:\\.|[^\]\\])(?:\\.|[^\]\\])*)\]|\\(.)|([^\\[]))/su.exec(rest);
    if (token === null) throw malformed(pattern);
    const [whole, negated, members, escaped, plain] = token;
    if (members !== undefined) expression += `[${negated === "^" ? "^/" : ""}${classMembers(members, pattern)}]`;
    else if (escaped !== undefined) expression += quote(escaped);
    else expression += plain === "*" ? "[^/]*" : plain === "?" ? "[^/]" : quote(plain!);
    rest = rest.slice(whole.length);
  }
  return new RegExp(`^${expression}$`, "su");
}

/** Go allows a `-` only between two members of a class. */
function classMembers(members: string, pattern: string): string {
  let result = "";
  let rest = members;
  while (rest !== "") {
    const range = /^(\\.|[^\\-])(?:-(\\.|[^\\-]))?/su.exec(rest);
    if (range === null) throw malformed(pattern);
    const [whole, low, high] = range;
    result += quoteMember(low!) + (high === undefined ? "" : `-${quoteMember(high)}`);
    rest = rest.slice(whole.length);
  }
  return result;
}

function quote(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function quoteMember(member: string): string {
  const character = member.length > 1 && member.startsWith("\\") ? member.slice(1) : member;
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character;
}

function malformed(pattern: string): SlipwayError {
  return new SlipwayError("COPY_PATTERN", `the pattern ${pattern} is malformed`, {
    hint: "close each [ with ], and write \\[ for the character itself",
  });
}
