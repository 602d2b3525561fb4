/**
 * The patterns of `${name#pattern}` and its kin: `*`, `?` and `\` before `*`, `?`, `\`; no brackets
 * (POSIX, shell command language, 2.13, as far as BuildKit follows it).
 */

/** Every problem of a pattern, e.g. `invalid escape '\x'`. */
export class PatternError extends Error {}

/** Never matches a line feed with `*` or `?`: BuildKit's regular expressions do not. */
function compilePattern(pattern: string, greedy: boolean, flags: string): RegExp {
  const characters = [...pattern];
  let source = "";
  for (let at = 0; at < characters.length; at++) {
    let character = characters[at]!;
    if (character === "*") {
      source += greedy ? "[^\\n]*" : "[^\\n]*?";
      continue;
    }
    if (character === "?") {
      source += "[^\\n]";
      continue;
    }
    if (character === "\\") {
      const next = characters[at + 1];
      // Escaped for the sake of `${…}`, not of the pattern.
      if (next === "}" || next === "/") continue;
      if (next !== "*" && next !== "?" && next !== "\\") throw new PatternError(`invalid escape '\\${next ?? ""}'`);
      character = next;
      at++;
    }
    source += character.replace(/[[\]{}.+()|^$*?\\/]/, "\\$&");
  }
  return new RegExp(source, flags);
}

/** `#` and, greedy, `##`. */
export function trimPattern(value: string, pattern: string, greedy: boolean): string {
  const match = compilePattern(pattern, greedy, "uy").exec(value);
  return match ? value.slice(match[0].length) : value;
}

/** `%` and, greedy, `%%`. A regular expression can't find the shortest match at the end: both sides are reversed. */
export function trimPatternEnd(value: string, pattern: string, greedy: boolean): string {
  const reversed = [...pattern.matchAll(/\\.|./gsu)].map((match) => match[0]).reverse();
  return reverse(trimPattern(reverse(value), reversed.join(""), greedy));
}

function reverse(text: string): string {
  return [...text].reverse().join("");
}

/** `/`: the first match, the replacement taken literally. */
export function replacePattern(value: string, pattern: string, replacement: string): string {
  return value.replace(compilePattern(pattern, true, "u"), () => replacement);
}

/**
 * `//`: every match. As in Go's regexp.ReplaceAllString, a `$name` of the replacement is a group (there is none but
 * `$0`) and `$$` a dollar, and an empty match right after another match is not replaced.
 */
export function replacePatternAll(value: string, pattern: string, replacement: string): string {
  const expression = compilePattern(pattern, true, "gu");
  let result = "";
  let end = 0;
  for (const match of value.matchAll(expression)) {
    result += value.slice(end, match.index);
    const matchEnd = match.index + match[0].length;
    if (matchEnd > end || match.index === 0) result += expandTemplate(replacement, match[0]);
    end = matchEnd;
  }
  return result + value.slice(end);
}

function expandTemplate(template: string, whole: string): string {
  return template.replace(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (reference, bare, braced) => {
    if (reference === "$$") return "$";
    return (bare ?? braced) === "0" ? whole : "";
  });
}
