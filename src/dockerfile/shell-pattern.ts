/**
 * The patterns of `${name#pattern}` and its kin: `*`, `?` and `\` before `*`, `?`, `\`; no brackets (POSIX, shell
 * command language, 2.13, as far as BuildKit follows it: neither `*` nor `?` matches a line feed).
 */

/** Every problem of a pattern, e.g. `invalid escape '\x'`. */
export class PatternError extends Error {}

/** A character that stands for itself, `?`, or `*`. */
type Token = { readonly kind: "one" | "many" } | { readonly kind: "character"; readonly character: string };

type Wanted = "longest" | "shortest";

function readPattern(pattern: string): Token[] {
  const characters = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === "*") tokens.push({ kind: "many" });
    else if (character === "?") tokens.push({ kind: "one" });
    else if (character !== "\\") tokens.push({ kind: "character", character });
    else {
      const next = characters[at + 1];
      // Escaped for the sake of `${…}`, not of the pattern.
      if (next === "}" || next === "/") continue;
      if (next !== "*" && next !== "?" && next !== "\\") throw new PatternError(`invalid escape '\\${next ?? ""}'`);
      tokens.push({ kind: "character", character: next });
      at++;
    }
  }
  return tokens;
}

/** Where a match that begins at `start` ends. All ways are followed at once: time is length times length, at most. */
function findEnd(tokens: readonly Token[], text: readonly string[], start: number, wanted: Wanted): number | undefined {
  let places = withSkips(tokens, new Set([0]));
  let end = places.has(tokens.length) ? start : undefined;
  for (let at = start; at < text.length && places.size > 0; at++) {
    if (end !== undefined && wanted === "shortest") return end;
    const next = new Set<number>();
    for (const place of places) {
      const token = tokens[place];
      if (token === undefined || !accepts(token, text[at]!)) continue;
      next.add(token.kind === "many" ? place : place + 1);
    }
    places = withSkips(tokens, next);
    if (places.has(tokens.length)) end = at + 1;
  }
  return end;
}

function accepts(token: Token, character: string): boolean {
  return token.kind === "character" ? token.character === character : character !== "\n";
}

/** A `*` may stand for nothing. A set goes through what is added to it on the way. */
function withSkips(tokens: readonly Token[], places: Set<number>): Set<number> {
  for (const place of places) if (tokens[place]?.kind === "many") places.add(place + 1);
  return places;
}

/** `#` and, for the longest, `##`. */
export function trimPattern(value: string, pattern: string, wanted: Wanted): string {
  const text = [...value];
  return text.slice(findEnd(readPattern(pattern), text, 0, wanted) ?? 0).join("");
}

/** `%` and, for the longest, `%%`: the same from the other end. */
export function trimPatternEnd(value: string, pattern: string, wanted: Wanted): string {
  const text = [...value].reverse();
  const tokens = readPattern(pattern).reverse();
  return text
    .slice(findEnd(tokens, text, 0, wanted) ?? 0)
    .reverse()
    .join("");
}

/** `/`: the first match, the longest there, is replaced; the replacement is taken literally. */
export function replacePattern(value: string, pattern: string, replacement: string): string {
  const text = [...value];
  const tokens = readPattern(pattern);
  for (let start = 0; start <= text.length; start++) {
    const end = findEnd(tokens, text, start, "longest");
    if (end !== undefined) return [...text.slice(0, start), replacement, ...text.slice(end)].join("");
  }
  return value;
}

/**
 * `//`: every match. As in Go's regexp.ReplaceAllString, a `$name` of the replacement is a group (there is none but
 * `$0`) and `$$` a dollar, and nothing is put in for an empty match right after another match.
 */
export function replacePatternAll(value: string, pattern: string, replacement: string): string {
  const text = [...value];
  const tokens = readPattern(pattern);
  let result = "";
  let lastEnd = -1;
  for (let at = 0; at <= text.length; ) {
    const end = findEnd(tokens, text, at, "longest");
    if (end !== undefined && (end > at || at !== lastEnd)) {
      result += expandTemplate(replacement, text.slice(at, end).join(""));
      lastEnd = end;
    }
    if (end === undefined || end === at) result += text[at++] ?? "";
    else at = end;
  }
  return result;
}

function expandTemplate(template: string, whole: string): string {
  return template.replace(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (reference, bare, braced) => {
    if (reference === "$$") return "$";
    return (bare ?? braced) === "0" ? whole : "";
  });
}
