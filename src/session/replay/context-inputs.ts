import { createHash } from "node:crypto";
import { readIgnorePatterns } from "../../build/context/ignore-file.ts";
import { bothFilters, excludePaths } from "../../build/context/path-filter.ts";
import { walkContext } from "../../build/context/walk-context.ts";
import type { Operation } from "../../dockerfile/plan-types.ts";
import type { EngineClient } from "../../engine/client.ts";
import { inspectImage } from "../../engine/images.ts";
import type { SessionCore } from "../core.ts";
import { fingerprint } from "./fingerprint.ts";

/** Where the files that a step takes come from, besides the steps before it. */
export interface InputPlaces {
  readonly engine: EngineClient;
  readonly context: string;
  readonly dockerfilePath: string;
  /** Names the files of another stage; undefined where they are not known. */
  stageFingerprint(index: number): Promise<string | undefined>;
}

/** The inputs of a session's own steps. */
export async function contextInputs(core: SessionCore, operation: Operation): Promise<string | undefined> {
  const { engine, context, dockerfilePath } = core.options;
  const stageFingerprint = async (index: number) => fingerprint(core.stage(index).replay.chain);
  return await inputsOf({ engine, context, dockerfilePath, stageFingerprint }, operation);
}

/**
 * Names the state of what a COPY or ADD takes: files of the context by their names, sizes and times, as make and git do, with no
 * content read; a stage by what made it, an image by its id. Undefined for an operation that takes none of these.
 */
export async function inputsOf(places: InputPlaces, operation: Operation): Promise<string | undefined> {
  if (operation.kind !== "copy" && operation.kind !== "add") return undefined;
  const { from } = operation;
  if (from.kind === "stage") return await places.stageFingerprint(from.index);
  if (from.kind === "image") return (await inspectImage(places.engine, from.reference))?.id;
  if (from.kind !== "context" || from.name !== undefined) return undefined;
  const roots = operation.sources.filter((source) => !/^[a-z]+:\/\/|^git@/.test(source)).map(literalPart);
  if (roots.length === 0) return undefined;
  const { context, dockerfilePath } = places;
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
