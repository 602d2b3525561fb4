import { posix } from "node:path";
import { SlipwayError } from "../errors.ts";
import { trimSpace } from "./characters.ts";
import { compilePattern } from "./ignore-pattern.ts";

/** Paths are relative to the root that the patterns are for, with `/` and no leading one. */
export interface IgnoreMatcher {
  /** Whether a file or folder is left out. What is decided for a folder is remembered for what it holds. */
  ignores(path: string, isDirectory: boolean): boolean;
  /** Whether an ignored folder must be walked all the same: an exception may bring back something in it. */
  mayContainIncluded(directory: string): boolean;
}

interface Rule {
  readonly pattern: string;
  /** `!`: brings back what earlier patterns left out. */
  readonly isException: boolean;
  readonly matches: (path: string) => boolean;
}

/** The patterns of a .dockerignore file, cleaned: comments and blank lines gone, relative, in order. */
export function parseIgnoreFile(text: string): string[] {
  return text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map(trimSpace)
    .filter((line) => line !== "")
    .map((line) => (line.startsWith("!") ? `!${cleanPattern(trimSpace(line.slice(1)))}` : cleanPattern(line)));
}

function cleanPattern(pattern: string): string {
  if (pattern === "") return "";
  const cleaned = cleanPath(pattern);
  return cleaned.length > 1 && cleaned.startsWith("/") ? cleaned.slice(1) : cleaned;
}

function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/**
 * Matches as github.com/moby/patternmatcher does on a walk from the root, which is what decides over the files of a
 * build context. @balena/dockerignore is no base for it: it follows Docker 19.03, gives `(` and `+` a meaning, and asks
 * only one parent. Throws SlipwayError `IGNORE_PATTERN`.
 */
export function createIgnoreMatcher(patterns: readonly string[]): IgnoreMatcher {
  const rules = patterns.flatMap((pattern) => createRule(pattern) ?? []);
  const exceptions = rules.filter(({ isException }) => isException).map(({ pattern }) => withoutTrailingGlob(pattern));
  const hasWildException = exceptions.some((pattern) => /[*[\]?^\\]/.test(pattern));
  const folders = new Map<string, readonly boolean[]>();

  /** Which rules hold for a path, its parents' included. */
  function matchRules(path: string): { isIgnored: boolean; matched: readonly boolean[] } {
    const parent = posix.dirname(path);
    const inherited = parent === "." || parent === "/" ? undefined : matchFolder(parent);
    let isIgnored = false;
    const matched = rules.map((rule, index) => {
      // A rule that would change nothing is not asked, and so is not inherited either.
      const isMatch = inherited?.[index] || (rule.isException === isIgnored && rule.matches(path));
      if (isMatch) isIgnored = !rule.isException;
      return isMatch;
    });
    return { isIgnored, matched };
  }

  function matchFolder(path: string): readonly boolean[] {
    const known = folders.get(path);
    if (known) return known;
    const { matched } = matchRules(path);
    folders.set(path, matched);
    return matched;
  }

  return {
    ignores(path, isDirectory) {
      const { isIgnored, matched } = matchRules(path);
      if (isDirectory) folders.set(path, matched);
      return isIgnored;
    },
    mayContainIncluded: (directory) =>
      hasWildException || exceptions.some((pattern) => `${pattern}/`.startsWith(`${directory}/`)),
  };
}

function createRule(written: string): Rule | undefined {
  const trimmed = trimSpace(written);
  if (trimmed === "") return undefined;
  const cleaned = cleanPath(trimmed);
  const isException = cleaned.startsWith("!");
  const pattern = isException ? cleaned.slice(1) : cleaned;
  const matches = pattern === "" ? undefined : compilePattern(pattern);
  if (matches) return { pattern, isException, matches };
  throw new SlipwayError("IGNORE_PATTERN", `bad pattern in the ignore file: ${JSON.stringify(written)}`, {
    hint: pattern === "" ? "write a pattern after the `!`" : "close each `[`, and end with no lone `\\`",
  });
}

function withoutTrailingGlob(pattern: string): string {
  return pattern.replace(/\/\*\*$/, "").replace(/\/\*$/, "");
}
