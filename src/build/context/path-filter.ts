import { createIgnoreMatcher } from "../../dockerfile/ignore.ts";

/** Which paths of a context are of interest. Paths are relative to it, with forward slashes and no `./`. */
export interface PathFilter {
  includes(path: string, isDirectory: boolean): boolean;
  /** False only when nothing below the folder can be included: then it is not read. */
  mayContainIncluded(directory: string): boolean;
}

export const everyPath: PathFilter = { includes: () => true, mayContainIncluded: () => true };

/** All but what the patterns of an ignore file match. */
export function excludePaths(patterns: readonly string[]): PathFilter {
  if (patterns.length === 0) return everyPath;
  const matcher = createIgnoreMatcher(patterns);
  return {
    includes: (path, isDirectory) => !matcher.ignores(path, isDirectory),
    mayContainIncluded: (directory) => matcher.mayContainIncluded(directory),
  };
}

/** Only what the patterns match, and everything below it. They have the ignore file's syntax: each is an exception to "ignore all". */
export function includePaths(patterns: readonly string[]): PathFilter {
  return excludePaths([
    "**",
    ...patterns.map((pattern) => (pattern.startsWith("!") ? pattern.slice(1) : `!${pattern}`)),
  ]);
}

export function bothFilters(first: PathFilter, second: PathFilter): PathFilter {
  if (first === everyPath) return second;
  if (second === everyPath) return first;
  return {
    includes: (path, isDirectory) => first.includes(path, isDirectory) && second.includes(path, isDirectory),
    mayContainIncluded: (directory) => first.mayContainIncluded(directory) && second.mayContainIncluded(directory),
  };
}
