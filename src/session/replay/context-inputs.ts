import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { readIgnorePatterns } from "../../build/context/ignore-file.ts";
import { bothFilters, excludePaths, type PathFilter } from "../../build/context/path-filter.ts";
import { walkContext } from "../../build/context/walk-context.ts";
import type { Operation, RunOperation } from "../../dockerfile/plan-types.ts";
import type { EngineClient } from "../../engine/client.ts";
import { inspectImage } from "../../engine/images.ts";
import type { SessionCore } from "../core.ts";
import { fingerprint } from "./fingerprint.ts";
import { takenPaths } from "./taken-paths.ts";
import { sourceOf } from "./wanted-steps.ts";

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
 * Names the state of what a COPY or ADD takes, or a RUN mounts of the context: files of the context by their names, sizes and
 * times, as make and git do, with no content read; a stage by what made it, an image by its id. Undefined for an operation
 * that takes none of these.
 */
export async function inputsOf(places: InputPlaces, operation: Operation): Promise<string | undefined> {
  if (operation.kind === "run") return await contextState(places, mountedSources(operation), false);
  if (operation.kind !== "copy" && operation.kind !== "add") return undefined;
  const { from } = operation;
  if (from.kind === "stage") return await places.stageFingerprint(from.index);
  if (from.kind === "image") return (await inspectImage(places.engine, from.reference))?.id;
  if (from.kind !== "context" || from.name !== undefined) return undefined;
  const sources = operation.sources.filter((source) => !isAddress(source));
  return await contextState(places, sources, operation.parents);
}

/** Whether a source of ADD is fetched from elsewhere. */
export function isAddress(source: string): boolean {
  return /^[a-z]+:\/\/|^git@/.test(source);
}

function mountedSources({ mounts }: RunOperation): readonly string[] {
  return mounts.flatMap(({ type, from, source }) =>
    type === "bind" && from?.kind === "context" && from.name === undefined ? [source] : [],
  );
}

async function contextState(
  { context, dockerfilePath }: InputPlaces,
  sources: readonly string[],
  parents: boolean,
): Promise<string | undefined> {
  if (sources.length === 0) return undefined;
  const patterns = await readIgnorePatterns(context, { kind: "file", path: dockerfilePath });
  const visible = excludePaths(patterns);
  const hash = createHash("sha256");
  const links: string[] = [];
  const add = async (paths: PathFilter): Promise<void> => {
    for await (const entry of walkContext(context, { filter: bothFilters(visible, paths) })) {
      const { path, type, mode, size, modified, target } = entry;
      hash.update(JSON.stringify([path, type, mode, size, type === "directory" ? "" : String(modified), target]));
      if (type === "symlink") links.push(path);
    }
  };
  await add(takenPaths(sources, parents));
  // A source that is a link stands for what it leads to.
  const targets = await Promise.all(links.map((path) => realpath(join(context, path)).catch(() => undefined)));
  const root = await realpath(context);
  const inside = targets.flatMap((target) => (target?.startsWith(`${root}/`) ? [relative(root, target)] : []));
  if (inside.length > 0) await add(takenPaths(inside.map(escapePattern), false));
  return hash.digest("hex");
}

/** A path as a pattern that matches just it. */
function escapePattern(path: string): string {
  return path.replace(/[\\*?[]/g, "\\$&");
}

/** Steps whose files in the context changed since they ran are due again, and what comes after them with them. */
export async function noticeChangedInputs(core: SessionCore): Promise<void> {
  for (const stage of core.stages) {
    for (const [position, entry] of stage.replay.stepEntries.entries()) {
      const wanted = stage.wanted?.steps[position - 1];
      if (entry.inputs === undefined || wanted?.key !== entry.key) continue;
      // What was copied from another stage is compared whenever that is asked for, and may come to be right again.
      if (sourceOf(wanted.operation)?.kind === "stage") continue;
      const { isOutdated, isNews } = stage.replay.setInputs(position, await contextInputs(core, wanted.operation));
      if (!isOutdated) continue;
      const { number, summary } = wanted.instruction;
      const message = `the files of step ${number} (${summary}) changed`;
      if (isNews) await core.emit({ type: "notice", level: "info", message });
      break;
    }
  }
}
