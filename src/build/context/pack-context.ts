import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import { readContextFile } from "./read-file.ts";
import { type ContextEntry, type EntryType, type WalkOptions, walkContext } from "./walk-context.ts";

/** A file that is put into the archive although the context does not hold it: a Dockerfile from elsewhere. */
export interface ExtraFile {
  readonly path: string;
  readonly content: string;
}

const tarTypes: Record<EntryType, Header["type"]> = {
  file: "file",
  directory: "directory",
  symlink: "symlink",
  fifo: "fifo",
  "character-device": "character-device",
  "block-device": "block-device",
};

/**
 * The context as a tar stream: the same files give the same bytes. Owner and group are 0, times are whole seconds as in docker's.
 * Files are read as the reader takes them. The stream fails with walkContext's and readContextFile's errors.
 */
export function packContext(root: string, options: WalkOptions, extra: readonly ExtraFile[] = []): Readable {
  const archive = pack();
  writeArchive(archive, root, options, extra).then(
    () => archive.finalize(),
    (error) => archive.destroy(error),
  );
  // tar-stream has its own kind of stream; what consumes it here expects Node's.
  return Readable.from(archive, { objectMode: false });
}

async function writeArchive(
  archive: Pack,
  root: string,
  options: WalkOptions,
  extra: readonly ExtraFile[],
): Promise<void> {
  const replaced = new Set(extra.map(({ path }) => path));
  for await (const entry of walkContext(root, options)) {
    if (replaced.has(entry.path)) continue;
    const header = entryHeader(entry);
    if (header.type === "file") await pipeline(readContextFile(root, entry), archive.entry(header));
    else await new Promise((resolve) => archive.entry(header, resolve));
  }
  for (const { path, content } of extra) archive.entry({ name: path, mode: 0o644, mtime: new Date(0) }, content);
}

function entryHeader(entry: ContextEntry): Header {
  const linked = entry.hardLink !== undefined;
  return {
    name: entry.path,
    type: linked ? "link" : tarTypes[entry.type]!,
    // tar-stream takes 0 for "not given", and looks at the permission bits only.
    mode: entry.mode | 0o100000,
    uid: 0,
    gid: 0,
    size: linked ? 0 : entry.size,
    mtime: new Date(Number(entry.modified / 1_000_000_000n) * 1000),
    linkname: entry.hardLink ?? entry.target ?? null,
    ...(entry.device === undefined ? {} : { devmajor: entry.device.major, devminor: entry.device.minor }),
  } as Header;
}
