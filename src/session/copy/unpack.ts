import { posix } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { decompress } from "./decompress.ts";
import type { CopyDialect } from "./dialect.ts";
import { isMounted, needsBuilderError } from "./engine-files.ts";
import { type FoundSource, makeFolders, type Placing } from "./place.ts";
import { BLOCK, type TarEntry } from "./tar-format.ts";
import { isTarHeader, readTar } from "./tar-reader.ts";
import type { TarMember } from "./tar-writer.ts";
import type { ReadableEntry } from "./types.ts";

/** Whether ADD unpacks a source: it is a file whose content, perhaps decompressed, starts with a header of tar. */
export async function isArchive(source: FoundSource, dialect: CopyDialect): Promise<boolean> {
  if (source.entry.type !== "file" || source.entry.size === 0) return false;
  const reader = new ByteReader(readContent(await contentOf(source), dialect));
  try {
    return isTarHeader(await reader.read(BLOCK));
  } catch (error) {
    // What only looks compressed is a file like any other; without the program to tell, that is not known.
    if (error instanceof SlipwayError && error.code === "PROGRAM_MISSING") throw error;
    return false;
  } finally {
    await reader.close();
  }
}

/**
 * The entries of an archive below `to`, as Docker unpacks one: entries keep their owners unless --chown is given, replace
 * whatever is in their place, folders are joined, and no path leaves `to`, whatever links the archive holds.
 */
export async function* unpackSource(placing: Placing, source: FoundSource, to: string): AsyncGenerator<TarMember> {
  const { destination, dialect, meter } = placing;
  const root = await destination.resolve(to);
  yield* makeFolders({ ...placing, chmod: undefined }, root);
  const owner = dialect.chownsUnpacked ? placing.owner : undefined;
  const archive = await contentOf(source);
  const counted = meter.measure(archive);
  for await (const member of readTar(readContent({ ...archive, content: counted ?? archive.content }, dialect))) {
    const { content, ...entry } = member;
    const name = placeName(entry, to);
    if (name === "") continue;
    const parent = await destination.resolve(posix.dirname(name), root);
    yield* makeFolders({ ...placing, chmod: undefined }, parent, { uid: 0, gid: 0 });
    const path = posix.join(parent, posix.basename(name));
    const { uid, gid } = owner ?? entry;
    const hardLink = entry.hardLink === undefined ? undefined : await destination.resolve(entry.hardLink, root);
    // What is in the way is removed first, and with it what the link would lead to.
    if (hardLink === path) {
      throw new SlipwayError("ARCHIVE_INVALID", `link ${hardLink} ${path}: no such file or directory`, {
        hint: `the archive holds ${entry.name} twice, as a link to itself; pack it once`,
      });
    }
    if (isMounted(path)) throw needsBuilderError(path);
    destination.place(path, { type: entry.type, target: entry.target, mode: entry.mode, uid, gid });
    yield {
      entry: { ...entry, name: path, uid, gid, hardLink },
      content: entry.size > 0 ? content : undefined,
    };
  }
}

/** The entry's path relative to where the archive is unpacked; empty for that folder itself. */
function placeName(entry: TarEntry, to: string): string {
  const name = posix.normalize(entry.name).replace(/\/$/, "");
  if (name === ".." || name.startsWith("../")) {
    throw new SlipwayError("ARCHIVE_ESCAPES", `${JSON.stringify(entry.name)} of the archive is outside of ${to}`, {
      hint: "pack it again without names that begin with `..`",
    });
  }
  const relative = name.replace(/^\/+/, "");
  return relative === "." ? "" : relative;
}

function readContent(entry: ReadableEntry, dialect: CopyDialect): AsyncIterable<Uint8Array> {
  return decompress(entry.content(), (compression) => compression !== "zstd" || dialect.unpacksZstd);
}

async function contentOf({ tree, entry }: FoundSource): Promise<ReadableEntry> {
  for await (const found of tree.walk(entry.path)) return found;
  throw new SlipwayError("COPY_SOURCE_MISSING", `"${entry.path}": it vanished while it was being copied`, {
    hint: "run the step again when nothing writes to the build context",
  });
}
