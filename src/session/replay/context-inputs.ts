import { createHash } from "node:crypto";
import { readIgnorePatterns } from "../../build/context/ignore-file.ts";
import { bothFilters, excludePaths } from "../../build/context/path-filter.ts";
import { walkContext } from "../../build/context/walk-context.ts";
import type { Operation } from "../../dockerfile/plan-types.ts";
import type { SessionCore } from "../core.ts";

/**
 * Names the state of the context's files that a COPY or ADD takes, by their names, sizes and times, as make and git do; no
 * content is read. Undefined for an operation that takes none.
 */
export async function contextInputs(core: SessionCore, operation: Operation): Promise<string | undefined> {
  if (operation.kind !== "copy" && operation.kind !== "add") return undefined;
  if (operation.from.kind !== "context" || operation.from.name !== undefined) return undefined;
  const roots = operation.sources.filter((source) => !/^[a-z]+:\/\/|^git@/.test(source)).map(literalPart);
  if (roots.length === 0) return undefined;
  const { context, dockerfilePath } = core.options;
  const patterns = await readIgnorePatterns(context, { kind: "file", path: dockerfilePath });
  const filter = bothFilters(excludePaths(patterns), {
    includes: (path) => roots.some((root) => isWithin(path, root)),
    mayContainIncluded: (folder) => roots.some((root) => isWithin(folder, root) || isWithin(root, folder)),
  });
  const hash = createHash("sha256");
  for await (const { path, type, mode, size, modified, target } of walkContext(context, { filter })) {
    hash.update(JSON.stringify([path, type, mode, size, type === "directory" ? "" : String(modified), target]));
  }
  return hash.digest("hex");
}

/** The path up to the folder in which the first wildcard stands. */
function literalPart(source: string): string {
  const parts = source.split("/").filter((part) => part !== "" && part !== ".");
  const wild = parts.findIndex((part) => /[*?[\\]/.test(part));
  return (wild < 0 ? parts : parts.slice(0, wild)).join("/");
}

function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

/** Steps whose files in the context changed since they ran are due again, and what comes after them with them. */
export async function noticeChangedInputs(core: SessionCore): Promise<void> {
  for (const stage of core.stages) {
    for (const [position, entry] of stage.replay.stepEntries.entries()) {
      const wanted = stage.wanted?.steps[position - 1];
      if (entry.inputs === undefined || wanted?.key !== entry.key) continue;
      const isOutdated = (await contextInputs(core, wanted.operation)) !== entry.inputs;
      const isNews = stage.replay.setOutdated(position, isOutdated);
      if (!isOutdated) continue;
      const { number, summary } = wanted.instruction;
      const message = `the files of step ${number} (${summary}) changed`;
      if (isNews) await core.emit({ type: "notice", level: "info", message });
      break;
    }
  }
}
