/** What a line of a policy names, as regular expressions over paths without a first slash; "" is the project itself. */
export interface Pattern {
  readonly matches: RegExp;
  /** The folders that lie above something that might match. */
  readonly above: RegExp;
  readonly foldersOnly: boolean;
}

/**
 * A pattern as .gitignore has it: a slash at its beginning or in its middle binds it to the project's folder, one at its end means
 * folders only; `*`, `?` and `[…]` stay within a name, `**` is any number of folders, `\` takes the next character as it is. `/` alone
 * is the project's folder. Undefined: no pattern, such as `../x` or one with an open bracket.
 */
export function compilePattern(text: string): Pattern | undefined {
  const foldersOnly = text.endsWith("/");
  const bare = text.replace(/\/+$/, "").replace(/^\.(?=\/|$)/, "");
  const names = bare.split("/").filter((name) => name !== "");
  if (names.some((name) => name === "." || name === "..")) return undefined;
  const bound = text.startsWith("/") || bare.includes("/") || names.length === 0;
  const parts = (bound ? names : ["**", ...names]).map(translateName);
  if (parts.includes(undefined)) return undefined;
  return { matches: matchAll(parts as string[]), above: matchAbove(parts as string[]), foldersOnly };
}

const ANY_FOLDERS = "**";

/** A name's pattern as the source of a regular expression. */
function translateName(name: string): string | undefined {
  if (name === ANY_FOLDERS) return name;
  let source = "";
  for (let at = 0; at < name.length; at++) {
    const char = name[at]!;
    if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "\\") {
      if (++at === name.length) return undefined;
      source += quote(name[at]!);
    } else if (char === "[") {
      const end = name.indexOf("]", at + 2);
      if (end < 0) return undefined;
      const inside = name
        .slice(at + 1, end)
        .replace(/^!/, "^")
        .replace(/[\\[\]]/g, "\\$&");
      source += `(?!/)[${inside}]`;
      at = end;
    } else source += quote(char);
  }
  return source;
}

function quote(char: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char;
}

function matchAll(parts: readonly string[]): RegExp {
  const source = parts.map((part, index) => {
    const last = index === parts.length - 1;
    if (part === ANY_FOLDERS) return last ? ".+" : "(?:[^/]+/)*";
    return last ? part : `${part}/`;
  });
  return new RegExp(`^${source.join("")}$`, "s");
}

/** Everything shorter than a match: `a/b/c` has "", `a` and `a/b` above it. */
function matchAbove(parts: readonly string[]): RegExp {
  const free = parts.indexOf(ANY_FOLDERS);
  const fixed = free < 0 ? parts.slice(0, -1) : parts.slice(0, free);
  const nested = fixed.reduceRight((rest, part, index) => {
    const after = index === fixed.length - 1 && free < 0 ? "" : `(?:/${rest})?`;
    return `${part}${index === fixed.length - 1 && free >= 0 ? "(?:/.*)?" : after}`;
  }, "");
  if (fixed.length === 0) return free < 0 ? /^$/ : /^.*$/s;
  return new RegExp(`^(?:${nested})?$`, "s");
}
