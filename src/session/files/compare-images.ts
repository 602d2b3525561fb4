import type { FileChange, FileStat } from "../../protocol/messages.ts";
import { createEngineTree } from "../copy/engine-tree.ts";
import type { SourceEntry } from "../copy/types.ts";
import type { SessionCore } from "../core.ts";
import { archiveOf } from "./sources.ts";

/**
 * What differs between two images at a path and below it, read through the engine's archives: for steps that were done
 * outside of the session's container. Docker's archives tell times in whole seconds.
 */
export async function compareImages(
  core: SessionCore,
  before: string,
  after: string,
  path: string,
): Promise<readonly FileChange[]> {
  const [old, fresh] = await Promise.all([listImage(core, before, path), listImage(core, after, path)]);
  const changes: FileChange[] = [];
  for (const [path, entry] of fresh) {
    const earlier = old.get(path);
    if (!earlier) changes.push({ kind: "added", ...statOf(entry) });
    else if (differs(earlier, entry)) changes.push({ kind: "changed", ...statOf(entry), ...timesOnly(earlier, entry) });
  }
  let removed: string | undefined;
  for (const [path, entry] of old) {
    // A removed folder stands for all that was in it.
    if (fresh.has(path) || (removed !== undefined && path.startsWith(`${removed}/`))) continue;
    removed = path;
    changes.push({ kind: "removed", ...statOf(entry) });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function listImage(core: SessionCore, image: string, path: string): Promise<Map<string, SourceEntry>> {
  const tree = createEngineTree((path) =>
    archiveOf(core, { kind: "image", reference: image, platform: undefined }, path),
  );
  const entries = new Map<string, SourceEntry>();
  for await (const { content: _, ...entry } of tree.walk(path)) entries.set(entry.path, entry);
  return entries;
}

function differs(old: SourceEntry, fresh: SourceEntry): boolean {
  return (
    old.modified !== fresh.modified || old.size !== fresh.size || old.target !== fresh.target || !isKept(old, fresh)
  );
}

function timesOnly(old: SourceEntry, fresh: SourceEntry): { timesOnly?: true } {
  return fresh.type === "directory" && isKept(old, fresh) ? { timesOnly: true } : {};
}

function isKept(old: SourceEntry, fresh: SourceEntry): boolean {
  return old.type === fresh.type && old.mode === fresh.mode && old.uid === fresh.uid && old.gid === fresh.gid;
}

function statOf({ path, type, mode, uid, gid, size, modified, target }: SourceEntry): FileStat {
  const mtime = Number(modified / 1_000_000_000n);
  return { path, type, mode, uid, gid, size, mtime, target };
}
