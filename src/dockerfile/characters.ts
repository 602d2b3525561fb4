/** White space as BuildKit sees it: Unicode's White_Space, which is not JavaScript's `\s` (that has U+FEFF and lacks U+0085). */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

export function isSpace(character: string): boolean {
  return space.test(character);
}

/** Index of the first character at or after `from` that is not white space; the length when there is none. */
export function skipSpace(text: string, from = 0): number {
  let at = from;
  while (at < text.length && isSpace(text[at]!)) at++;
  return at;
}

export function trimSpaceStart(text: string): string {
  return text.slice(skipSpace(text));
}

export function trimSpaceEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1]!)) end--;
  return text.slice(0, end);
}

export function trimSpace(text: string): string {
  return trimSpaceEnd(trimSpaceStart(text));
}
