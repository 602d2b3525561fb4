import { posix } from "node:path";
import type { Readable } from "node:stream";
import { hasEngineName, needsBuilderError, takesEngineFiles } from "./engine-files.ts";
import { resolvePath } from "./resolve-path.ts";
import { type ReadMember, readTar } from "./tar-reader.ts";
import type { EntryFilter, ReadableEntry, SourceEntry, SourceTree } from "./types.ts";

/** The files of a stage or an image, read through the engine's archives of its container. */
export function createEngineTree(archiveOf: (path: string) => Promise<Readable | undefined>): SourceTree {
  const seen = new Map<string, Promise<SourceEntry | undefined>>();

  /** The first entry of the path's archive; the engine stops when the rest is not taken. */
  const readEntry = async (path: string): Promise<SourceEntry | undefined> => {
    const archive = await archiveOf(path);
    if (archive === undefined) return undefined;
    for await (const member of readTar(archive)) return { ...describe(member, path), hardLink: undefined };
    return undefined;
  };
  const entryAt = (path: string): Promise<SourceEntry | undefined> => {
    const entry = seen.get(path) ?? readEntry(path);
    seen.set(path, entry);
    return entry;
  };

  return {
    seekable: false,
    entryAt,
    // The engine follows the links of a path's parents; only one in its last part is left to follow here. Where a link
    // may lead to a file that the engine put in the place of the image's, the whole way is looked at.
    async find(path) {
      const entry = await entryAt(path);
      if (entry !== undefined && entry.type !== "symlink" && !hasEngineName(path)) return entry;
      const real = await resolvePath(path, "/", async (part) => (await entryAt(part))?.target);
      if (real === path) return entry;
      if (takesEngineFiles(real, false)) throw needsBuilderError(real);
      return entryAt(real);
    },
    async list(path) {
      const archive = await archiveOf(path);
      const entries: SourceEntry[] = [];
      const prefix = path === "/" ? "/" : `${path}/`;
      const direct: EntryFilter = { includes: (name) => !name.includes("/"), mayContainIncluded: () => false };
      for await (const { content: _, ...entry } of selectMembers(
        readTar(archive ?? noBytes()),
        path,
        direct,
        archiveOf,
      )) {
        if (entry.path.startsWith(prefix) && entry.path !== "/") entries.push(entry);
      }
      return entries;
    },
    async *walk(path, filter) {
      const archive = await archiveOf(path);
      if (archive === undefined) return;
      yield* selectMembers(readTar(archive), path, filter, archiveOf);
    },
  };
}

async function* selectMembers(
  members: AsyncIterable<ReadMember>,
  root: string,
  filter: EntryFilter | undefined,
  archiveOf: (path: string) => Promise<Readable | undefined>,
): AsyncGenerator<ReadableEntry> {
  let base: string | undefined;
  let held: ReadableEntry[] = [];
  /** By their paths; what is no file is kept, for the names that it has besides. */
  const told = new Map<string, SourceEntry | undefined>();
  for await (const member of members) {
    // The archive's names start with the last name of the path that it is of.
    base ??= cleanName(member.name);
    const path = rebase(member.name, base, root);
    const relative = path === root ? "" : path.slice(root === "/" ? 1 : root.length + 1);
    const hardLink = member.hardLink === undefined ? undefined : rebase(member.hardLink, base, root);
    const entry: ReadableEntry = { ...describe(member, path), hardLink, content: () => member.content() };
    held = held.filter(({ path: folder }) => path.startsWith(`${folder}/`));
    if (relative !== "" && filter?.includes(relative, entry.type === "directory") === false) {
      if (entry.type === "directory") held.push(entry);
      continue;
    }
    yield* held.splice(0);
    const whole =
      hardLink === undefined || told.has(hardLink)
        ? { ...entry, ...told.get(hardLink ?? ""), path }
        : await readLinked(entry, hardLink, archiveOf);
    yield whole;
    const kept = whole.type === "file" ? undefined : describeOther(whole);
    told.set(path, kept);
    if (hardLink !== undefined) told.set(hardLink, kept);
  }
}

/** For a second name of it: BuildKit joins the names of regular files only. */
function describeOther({ content: _, ...entry }: ReadableEntry): SourceEntry {
  return { ...entry, hardLink: undefined };
}

/** A file whose first name was left out: its content is where that name is. */
async function readLinked(
  entry: ReadableEntry,
  first: string,
  archiveOf: (path: string) => Promise<Readable | undefined>,
): Promise<ReadableEntry> {
  const archive = await archiveOf(first);
  const members = archive === undefined ? undefined : readTar(archive);
  const member = await members?.next();
  if (members === undefined || member === undefined || member.done === true) return entry;
  return {
    ...entry,
    type: member.value.type,
    target: member.value.target,
    device: member.value.device,
    size: member.value.size,
    async *content() {
      yield* member.value.content();
      await members.return(undefined);
    },
  };
}

function cleanName(name: string): string {
  return posix.normalize(`/${name}`).replace(/(.)\/$/, "$1");
}

function rebase(name: string, base: string, root: string): string {
  const clean = cleanName(name);
  return posix.join(root, base === "/" ? clean : clean.slice(base.length));
}

function describe({ content: _, ...entry }: ReadMember, path: string): SourceEntry {
  const { name: __, ...rest } = entry;
  return { ...rest, path };
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
