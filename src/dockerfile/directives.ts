import { skipSpace, trimSpaceStart } from "./characters.ts";
import type { SourceLine } from "./source.ts";

/** `# name=value` in the first lines of a file. */
export interface Directive {
  readonly name: string;
  readonly value: string;
  readonly line: SourceLine;
}

export interface DirectiveLines {
  readonly directives: readonly Directive[];
  /** A directive that was given a second time; those after it are not read. */
  readonly repeated: Directive | undefined;
}

const names = new Set(["syntax", "escape", "check"]);

/**
 * Directives from the first line on, until a line that is none (Dockerfile reference, "Parser directives").
 * `comment` is what starts them. `indented`: white space before it is allowed, as for `escape`.
 */
export function readDirectives(
  lines: readonly SourceLine[],
  { comment = "#", indented = false }: { comment?: "#" | "//"; indented?: boolean } = {},
): DirectiveLines {
  const directives: Directive[] = [];
  for (const line of lines) {
    const content = indented ? trimSpaceStart(line.content) : line.content;
    if (!content.startsWith(comment)) break;
    const match = matchDirective(content.slice(skipSpace(content, comment.length)));
    if (!match) break;
    const directive = { ...match, line };
    if (directives.some(({ name }) => name === directive.name)) return { directives, repeated: directive };
    directives.push(directive);
  }
  return { directives, repeated: undefined };
}

/** Reads `name=value`, what follows a comment's `#`; undefined when it is no directive. */
export function matchDirective(text: string): Omit<Directive, "line"> | undefined {
  const match = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+?)[\t\n\f\r ]*$/.exec(text);
  if (!match) return undefined;
  const name = match[1]!.toLowerCase();
  return names.has(name) ? { name, value: match[2]! } : undefined;
}

/**
 * The frontend that a file asks for, without its options. Files of other languages may say it as `//syntax=…` or as
 * a JSON object with the key `syntax`; a first line `#!…` is passed over.
 */
export function detectSyntax(lines: readonly SourceLine[], text: string): string | undefined {
  const rest = skipShebang(lines);
  const directive =
    findDirective(readDirectives(rest).directives, "syntax") ??
    findDirective(readDirectives(rest, { comment: "//" }).directives, "syntax");
  if (directive) return directive.value.split(" ")[0];
  return syntaxOfJson(text.slice(rest[0]?.contentOffset ?? 0));
}

/** The whole value of `# check=`. */
export function detectCheck(lines: readonly SourceLine[]): string | undefined {
  return findDirective(readDirectives(skipShebang(lines)).directives, "check")?.value;
}

export function findDirective(directives: readonly Directive[], name: string): Directive | undefined {
  return directives.find((directive) => directive.name === name);
}

function skipShebang(lines: readonly SourceLine[]): readonly SourceLine[] {
  return lines[0]?.content.startsWith("#!") ? lines.slice(1) : lines;
}

function syntaxOfJson(text: string): string | undefined {
  if (!trimSpaceStart(text).startsWith("{")) return undefined;
  try {
    const { syntax } = JSON.parse(text) as { syntax?: unknown };
    return typeof syntax === "string" ? syntax : undefined;
  } catch {
    // Any other text is no JSON: not a mistake.
    return undefined;
  }
}
