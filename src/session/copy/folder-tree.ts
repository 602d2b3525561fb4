import { posix } from "node:path";
import { bothFilters, everyPath, type PathFilter } from "../../build/context/path-filter.ts";
import { readContextFile } from "../../build/context/read-file.ts";
import {
  type ContextEntry,
  describeContextPath,
  readContextFolder,
  walkContext,
} from "../../build/context/walk-context.ts";
import type { FileType } from "../../protocol/messages.ts";
import { resolvePath } from "./resolve-path.ts";
import type { EntryFilter, ReadableEntry, SourceEntry, SourceTree } from "./types.ts";

/**
 * A folder of this machine as a tree to copy from, without what the filter leaves out. As in BuildKit all of it belongs to
 * root.
 */
export function createFolderTree(root: string, visible: PathFilter = everyPath): SourceTree {
  const entryAt = async (path: string): Promise<SourceEntry | undefined> => {
    const name = path.slice(1);
    const found = await describeContextPath(root, name);
    if (found === undefined || name === "" || visible.includes(name, found.type === "directory")) return entryOf(found);
    if (found.type !== "directory" || !visible.mayContainIncluded(name)) return undefined;
    for await (const _ of walkContext(root, { start: name, filter: visible })) return entryOf(found);
    return undefined;
  };
  return {
    seekable: true,
    entryAt,
    async find(path) {
      return entryAt(await resolvePath(path, "/", async (part) => (await entryAt(part))?.target));
    },
    async list(path) {
      const names = await readContextFolder(root, path.slice(1));
      const entries = await Promise.all(names.map((name) => entryAt(posix.join(path, name))));
      return entries.filter((entry) => entry !== undefined);
    },
    async *walk(path, filter) {
      const start = path.slice(1);
      const first = await entryAt(path);
      if (first === undefined) return;
      const inside = filter === undefined ? visible : bothFilters(visible, below(start, filter));
      yield readable(root, { ...first, hardLink: undefined });
      if (first.type !== "directory") return;
      for await (const entry of walkContext(root, { start, filter: inside })) yield readable(root, entryOf(entry));
    },
  };
}

function below(start: string, filter: EntryFilter): PathFilter {
  const skipped = start === "" ? 0 : start.length + 1;
  return {
    includes: (path, isDirectory) => filter.includes(path.slice(skipped), isDirectory),
    mayContainIncluded: (path) => filter.mayContainIncluded(path.slice(skipped)),
  };
}

const types: Readonly<Record<ContextEntry["type"], FileType>> = {
  file: "file",
  directory: "directory",
  symlink: "symlink",
  fifo: "fifo",
  "character-device": "character",
  "block-device": "block",
};

function entryOf(entry: ContextEntry): SourceEntry;
function entryOf(entry: ContextEntry | undefined): SourceEntry | undefined;
function entryOf(entry: ContextEntry | undefined): SourceEntry | undefined {
  if (entry === undefined) return undefined;
  return {
    ...entry,
    path: `/${entry.path}`,
    type: types[entry.type],
    uid: 0,
    gid: 0,
    hardLink: entry.hardLink === undefined ? undefined : `/${entry.hardLink}`,
    xattrs: new Map(),
  };
}

function readable(root: string, entry: SourceEntry): ReadableEntry {
  return { ...entry, content: (into) => readContextFile(root, { path: entry.path.slice(1), size: entry.size }, into) };
}
