import { posix } from "node:path";
import { bothFilters, excludePaths, includePaths } from "../../build/context/path-filter.ts";
import type { SlipwayError } from "../../errors.ts";
import { compilePattern, hasWildcard, splitPattern } from "./go-match.ts";
import type { FoundSource } from "./place.ts";
import type { SourceEntry, SourceTree } from "./types.ts";

/** What COPY's flags say of its sources. */
export interface SourceSelection {
  readonly parents: boolean;
  readonly excludes: readonly string[];
}

/** Error for a source word that names nothing. */
export type MissingSource = (path: string) => SlipwayError | Promise<SlipwayError>;

/**
 * What one source word stands for in a tree: the file or folder of that path, or everything that matches its wildcards,
 * in the order of a walk; a match in a folder that matched itself does not count. Wildcards that match nothing are no error.
 */
export async function findSources(
  tree: SourceTree,
  word: string,
  selection: SourceSelection,
  missing: MissingSource,
): Promise<readonly FoundSource[]> {
  if (selection.parents) return findWithParents(tree, word, selection, missing);
  const filter = selection.excludes.length > 0 ? excludePaths(selection.excludes) : undefined;
  return (await findPaths(tree, posix.join("/", word), missing)).map(({ entry, name }) => ({
    tree,
    entry,
    name,
    filter,
    start: "",
  }));
}

interface FoundPath {
  readonly entry: SourceEntry;
  readonly name: string;
}

async function findPaths(tree: SourceTree, path: string, missing: MissingSource): Promise<readonly FoundPath[]> {
  const clean = path === "/" ? path : path.replace(/\/$/, "");
  const { base, pattern } = splitPattern(clean);
  const root = await tree.find(base);
  if (root === undefined) throw await missing(base);
  if (pattern === "") return [{ entry: root, name: posix.basename(clean) }];
  const matches = await matchBelow(tree, root, pattern.split("/").map(compilePattern));
  return Promise.all(
    matches.map(async (match) => {
      const entry = match.type === "symlink" ? await tree.find(match.path) : match;
      if (entry === undefined) throw await missing(match.path);
      return { entry, name: posix.basename(match.path) };
    }),
  );
}

/** Wildcards do not follow symbolic links on their way. */
async function matchBelow(
  tree: SourceTree,
  folder: SourceEntry,
  [pattern, ...rest]: readonly RegExp[],
): Promise<readonly SourceEntry[]> {
  if (pattern === undefined) return [folder];
  if (folder.type !== "directory") return [];
  const matches = (await tree.list(folder.path)).filter(({ path }) => pattern.test(posix.basename(path)));
  return (await Promise.all(matches.map((match) => matchBelow(tree, match, rest)))).flat();
}

/**
 * --parents: the word is a pattern in the syntax of ignore files, and what matches keeps its path from the pivot `/./` on,
 * or from the root. Only a word without wildcards must name something.
 */
async function findWithParents(
  tree: SourceTree,
  word: string,
  { excludes }: SourceSelection,
  missing: MissingSource,
): Promise<readonly FoundSource[]> {
  const pivot = word.indexOf("/./");
  const base = pivot < 0 ? "/" : posix.join("/", word.slice(0, pivot));
  const pattern = posix.join("/", pivot < 0 ? word : word.slice(pivot + 3)).replace(/(.)\/$/, "$1");
  if (!hasWildcard(base) && !hasWildcard(pattern)) {
    const required = posix.join(base, pattern);
    if ((await tree.find(required)) === undefined) throw await missing(required);
  }
  const included = includePaths([pattern.slice(1)]);
  const filter = excludes.length === 0 ? included : bothFilters(included, excludePaths(excludes));
  const literal = splitPattern(pattern).base.slice(1);
  return (await findPaths(tree, base, missing)).map(({ entry, name }) => ({
    tree,
    entry,
    name,
    filter,
    start: literal,
  }));
}
