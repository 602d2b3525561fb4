import type { PathFilter } from "../../build/context/path-filter.ts";
import { compilePattern, hasWildcard } from "../copy/go-match.ts";

/**
 * The paths of a context that sources of COPY and ADD may name: what a pattern matches, part by part, and all below it.
 * `parents`: of COPY --parents, whose patterns have another syntax, only what stands before the first wildcard counts.
 */
export function takenPaths(sources: readonly string[], parents: boolean): PathFilter {
  const patterns = sources.map((source) => compileSource(source, parents));
  return {
    includes(path) {
      const parts = path.split("/");
      return patterns.some((pattern) => pattern.length <= parts.length && matches(pattern, parts, pattern.length));
    },
    mayContainIncluded(folder) {
      const parts = folder.split("/");
      return patterns.some((pattern) => matches(pattern, parts, Math.min(pattern.length, parts.length)));
    },
  };
}

function compileSource(source: string, parents: boolean): readonly RegExp[] {
  const parts = source.split("/").filter((part) => part !== "" && part !== ".");
  const wild = parts.findIndex(hasWildcard);
  return (parents && wild >= 0 ? parts.slice(0, wild) : parts).map(compilePattern);
}

function matches(pattern: readonly RegExp[], parts: readonly string[], length: number): boolean {
  for (let index = 0; index < length; index++) if (!pattern[index]!.test(parts[index]!)) return false;
  return true;
}
