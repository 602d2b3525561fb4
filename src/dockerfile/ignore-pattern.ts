/**
 * One pattern of an ignore file. The specification is github.com/moby/patternmatcher, which BuildKit uses: Go's
 * filepath.Match, extended with `**`, and with its own ways for a leading and a trailing `**`. Beside a wildcard, `|`
 * parts alternatives and `^` is the start, as they do there (v0.6.1 does not escape them).
 */
export function compilePattern(pattern: string): ((path: string) => boolean) | undefined {
  const tokens = readTokens(pattern);
  if (!tokens) return undefined;
  const kinds = tokens.map(({ kind }) => kind);
  const literal = tokens.map(({ text }) => text).join("");
  if (kinds.every((kind) => kind === "text")) return (path) => path === pattern;

  const [first, ...others] = tokens;
  if (first!.kind === "any-depth" && others.every(({ kind }) => kind === "text")) {
    const suffix = pattern.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
  }
  const last = tokens.at(-1)!;
  if (last.kind === "any-depth" && tokens.slice(0, -1).every(({ kind }) => kind === "text")) {
    return (path) => path.startsWith(pattern.slice(0, -2));
  }
  const expression = new RegExp(`^${literal}$`, "u");
  return (path) => expression.test(path);
}

interface Token {
  /** `text` stands for itself as it is written. */
  readonly kind: "text" | "any-depth" | "other";
  /** As a part of a regular expression. */
  readonly text: string;
}

/** Undefined for what filepath.Match calls a bad pattern: an open or empty class, an escape of nothing. */
function readTokens(pattern: string): Token[] | undefined {
  const tokens: Token[] = [];
  const token = /\*\*\/?|\*|\?|\\(.)|(\[\^?(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+\])|[^\\[]/suy;
  while (token.lastIndex < pattern.length) {
    const match = token.exec(pattern);
    if (!match) return undefined;
    const [text, escaped, list] = match;
    if (text.startsWith("**")) {
      const isLast = token.lastIndex === pattern.length;
      tokens.push({ kind: "any-depth", text: isLast ? "[^\\n]*" : "(?:[^\\n]*/)?" });
    } else if (text === "*") tokens.push({ kind: "other", text: "[^/]*" });
    else if (text === "?") tokens.push({ kind: "other", text: "[^/]" });
    else if (escaped !== undefined) tokens.push({ kind: "other", text: quote(escaped) });
    else if (list !== undefined) tokens.push({ kind: "other", text: quoteClass(list) });
    else tokens.push({ kind: "text", text: /[|^]/.test(text) ? text : quote(text) });
  }
  return tokens;
}

function quote(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}

function quoteClass(list: string): string {
  const [, negation, body] = /^\[(\^?)(.*)\]$/s.exec(list)!;
  const quoted = body!.replace(/\\(.)|(-)|(.)/gsu, (_, escaped, range, plain) => {
    if (range !== undefined) return "-";
    return (escaped ?? plain).replace(/[\\\]^[-]/, "\\$&");
  });
  return `[${negation}${quoted}]`;
}
