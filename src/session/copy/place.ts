import { posix } from "node:path";
import { SlipwayError } from "../../errors.ts";
import type { CopyMeter } from "./copy-meter.ts";
import type { Destination, Existing } from "./destination.ts";
import { prefixesOf } from "./destination.ts";
import type { CopyDialect } from "./dialect.ts";
import { isMounted, needsBuilderError } from "./engine-files.ts";
import type { Chmod } from "./mode.ts";
import type { Owner } from "./owner.ts";
import type { TarMember } from "./tar-writer.ts";
import type { EntryFilter, ReadableEntry, SourceEntry, SourceTree } from "./types.ts";

/** What holds for all that one instruction copies. */
export interface Placing {
  readonly destination: Destination;
  /** Of `--chown`; undefined: each entry keeps its own. */
  readonly owner: Owner | undefined;
  readonly chmod: Chmod | undefined;
  readonly dialect: CopyDialect;
  readonly meter: CopyMeter;
  /** Nanoseconds since 1970: time of the folders that are made on the way. */
  readonly now: bigint;
}

/** One file or folder that a source word stands for. */
export interface FoundSource {
  readonly tree: SourceTree;
  readonly entry: SourceEntry;
  /** The name that it has in an existing folder: the last one as written, before links were followed. */
  readonly name: string;
  /** For a folder: which of its entries; undefined: all. */
  readonly filter: EntryFilter | undefined;
  /** Folder below the source's to start at, where the filter allows nothing else: relative, without wildcards. */
  readonly start: string;
}

/**
 * The entries that one source becomes in the container, by the rules of BuildKit's copy: a folder gives its contents, a file
 * goes into an existing folder or becomes `to`; symbolic links of `to` are followed, those inside are not; folders that
 * exist keep what they are when they are the destination, and take the source's attributes below it.
 */
export async function* placeSource(placing: Placing, source: FoundSource, to: string): AsyncGenerator<TarMember> {
  const { destination } = placing;
  yield* makeFolders(placing, await destination.resolve(to.endsWith("/") ? to : posix.dirname(to)));
  const target = await destination.resolve(to);
  const there = await destination.at(target);
  if (source.entry.type === "directory") {
    if (there !== undefined && there.type !== "directory") throw notFolder(target);
    yield* makeFolders(placing, target);
    yield* placeContents(placing, source, target);
    return;
  }
  const path = there?.type === "directory" ? posix.join(target, source.name) : target;
  yield* makeFolders(placing, posix.dirname(path));
  for await (const found of source.tree.walk(source.entry.path)) {
    const entry = copied(found, placing.dialect);
    if (entry === undefined) continue;
    await refuseFolder(destination, path);
    yield placeEntry(placing, entry, path, new Map());
  }
}

async function* placeContents(placing: Placing, source: FoundSource, target: string): AsyncGenerator<TarMember> {
  const { destination } = placing;
  const root = source.entry.path === "/" ? "" : source.entry.path;
  const links = new Map<string, string>();
  for await (const batch of batches(walkSource(source), source.tree.seekable ? LOOKAHEAD : 1)) {
    const placed = batch.map((entry) => ({ entry, name: entry.path.slice(root.length + 1) }));
    await destination.look(placed.map(({ name }) => posix.join(target, name)));
    for (const { entry: found, name } of placed) {
      const entry = copied(found, placing.dialect);
      if (entry === undefined || name === "") continue;
      const path = posix.join(target, name);
      const there = await destination.at(path);
      if (entry.type === "directory") {
        if (there !== undefined && there.type !== "directory") throw notFolder(path);
        const onlyOnTheWay = source.filter?.includes(name, true) === false;
        yield onlyOnTheWay && there !== undefined
          ? placeEntry({ ...placing, owner: there, chmod: undefined }, entry, path, links)
          : placeEntry(placing, entry, path, links);
        continue;
      }
      if (entry.type === "fifo" && !placing.dialect.copiesSpecialFiles) continue;
      await refuseFolder(destination, path);
      yield placeEntry(placing, entry, path, links);
    }
  }
}

/**
 * The entry as BuildKit's copy makes it: sockets become empty files, and block devices character devices, since it clears
 * the bits of a socket's type in every mode. Undefined when it is left out.
 */
function copied(entry: ReadableEntry, { copiesSpecialFiles }: CopyDialect): ReadableEntry | undefined {
  if (entry.type === "fifo") return copiesSpecialFiles ? entry : undefined;
  if (entry.type === "socket") return { ...entry, type: "file" };
  if (entry.type !== "block" && entry.type !== "character") return entry;
  return copiesSpecialFiles ? { ...entry, type: "character" } : { ...entry, type: "file", device: undefined };
}

/** Entries of which the destinations are looked at together. */
const LOOKAHEAD = 256;

/** Walks a source from where its filter begins to allow something; what stands before that comes along, as far as it is folders. */
async function* walkSource({ tree, entry, filter, start }: FoundSource): AsyncGenerator<ReadableEntry> {
  const root = entry.path === "/" ? "" : entry.path;
  if (start === "" || filter === undefined) {
    yield* tree.walk(entry.path, filter);
    return;
  }
  const held: ReadableEntry[] = [];
  for (const path of prefixesOf(start).slice(0, -1)) {
    const parent = await tree.entryAt(root + path);
    if (parent?.type !== "directory") return;
    held.push({ ...parent, content: noContent });
  }
  const inside: EntryFilter = {
    includes: (path, isDirectory) => filter.includes(posix.join(start, path), isDirectory),
    mayContainIncluded: (path) => filter.mayContainIncluded(posix.join(start, path)),
  };
  if ((await tree.entryAt(`${root}/${start}`)) === undefined) return;
  for await (const found of tree.walk(`${root}/${start}`, inside)) {
    if (found.path === `${root}/${start}` && !filter.includes(start, found.type === "directory")) {
      held.push(found);
      continue;
    }
    yield* held.splice(0);
    yield found;
  }
}

async function* noContent(): AsyncGenerator<Uint8Array> {}

/** `links`: where the files of this source that have several names went, by their path in the tree. */
function placeEntry(placing: Placing, entry: ReadableEntry, path: string, links: Map<string, string>): TarMember {
  const { destination, owner, chmod, meter } = placing;
  const isDirectory = entry.type === "directory";
  const mode = chmod === undefined || entry.type === "symlink" ? entry.mode : chmod.change(entry.mode, isDirectory);
  const { uid, gid } = owner ?? entry;
  // BuildKit joins the names of regular files only.
  const first = entry.hardLink === undefined || entry.type !== "file" ? undefined : links.get(entry.hardLink);
  if (first === undefined) links.set(entry.hardLink ?? entry.path, path);
  if (isMounted(path)) throw needsBuilderError(path);
  destination.place(path, { type: entry.type, target: entry.target, mode, uid, gid });
  const content = meter.measure(first === undefined ? entry : { ...entry, size: 0 });
  return {
    entry: { ...entry, name: path, mode, uid, gid, hardLink: first, size: first === undefined ? entry.size : 0 },
    content,
  };
}

/** The folders of a real path that are missing: they belong to `--chown`'s owner, or to root. */
export async function* makeFolders(placing: Placing, path: string, owner = placing.owner): AsyncGenerator<TarMember> {
  const { destination, dialect, chmod } = placing;
  const octal = dialect.chmodsParents ? chmod?.octal : undefined;
  const folder: Existing = {
    type: "directory",
    target: undefined,
    mode: octal === undefined ? 0o755 : octal & 0o777,
    uid: owner?.uid ?? 0,
    gid: owner?.gid ?? 0,
  };
  for (const prefix of prefixesOf(path)) {
    const there = await destination.at(prefix);
    if (there?.type === "directory") continue;
    if (there !== undefined) {
      throw new SlipwayError("COPY_NOT_A_FOLDER", `mkdir ${prefix}: not a directory`, {
        hint: `remove ${prefix} before this instruction, or choose another destination`,
      });
    }
    if (isMounted(prefix)) throw needsBuilderError(prefix);
    destination.place(prefix, folder);
    yield {
      entry: {
        ...folder,
        name: prefix,
        size: 0,
        modified: placing.now,
        hardLink: undefined,
        device: undefined,
        xattrs: new Map(),
      },
      content: undefined,
    };
  }
}

async function refuseFolder(destination: Destination, path: string): Promise<void> {
  if ((await destination.at(path))?.type !== "directory") return;
  throw new SlipwayError("COPY_ONTO_FOLDER", `cannot replace to directory ${path} with file`, {
    hint: `remove the folder before this instruction, or choose another destination`,
  });
}

function notFolder(path: string): SlipwayError {
  return new SlipwayError("COPY_NOT_A_FOLDER", `cannot copy to non-directory: ${path}`, {
    hint: `remove ${path} before this instruction, or choose another destination`,
  });
}

async function* batches<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
