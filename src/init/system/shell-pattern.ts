/**
 * A shell pattern of one name (POSIX, pattern matching notation) as a regular expression: `*`, `?`, `[a-z]`, `[!a]`, `\` before
 * a character that stands for itself. A dot at the beginning is matched by a dot only.
 */
export function compilePattern(pattern: string): RegExp {
  let source = pattern.startsWith(".") ? "" : "(?!\\.)";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    // A `]` right behind the opening bracket is a member.
    const end = character === "[" ? pattern.indexOf("]", pattern[at + 1] === "!" ? at + 3 : at + 2) : -1;
    if (character === "*") source += "[^]*";
    else if (character === "?") source += "[^]";
    else if (end > at) {
      const negated = pattern[at + 1] === "!";
      source += `[${negated ? "^" : ""}${readMembers(pattern.slice(negated ? at + 2 : at + 1, end))}]`;
      at = end;
    } else if (character === "\\" && at + 1 < pattern.length) source += quote(pattern[++at]!);
    else source += quote(character);
  }
  return new RegExp(`^${source}$`, "u");
}

export function isPattern(word: string): boolean {
  return /[*?[\\]/.test(word);
}

/** What stands between brackets, without ranges that run backwards: they match nothing. */
function readMembers(members: string): string {
  return members.replace(/(.)-(.)|./gsu, (letter, first: string | undefined, last: string | undefined) => {
    if (first === undefined || last === undefined) return quoteMember(letter);
    return first <= last ? `${quoteMember(first)}-${quoteMember(last)}` : "";
  });
}

function quoteMember(letter: string): string {
  return letter.replace(/[-\\\]^]/, "\\$&");
}

/** `-` needs none outside of brackets, and may have none with the flag u. */
function quote(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}
