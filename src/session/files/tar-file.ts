import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import tar from "tar-stream";

/** A tar archive without entries. */
export function emptyTar(): Readable {
  return Readable.from([Buffer.alloc(1024)]);
}

export interface TarFile {
  readonly header: tar.Header;
  readonly content: Buffer;
}

/** Files larger than this are not read into memory for a comparison. */
export const TEXT_LIMIT = 8 * 1024 * 1024;

/** The first entry of an archive, as the engine gives a single file. Undefined when it is larger than TEXT_LIMIT. */
export async function readSingleFile(archive: Readable): Promise<TarFile | undefined> {
  const extract = tar.extract();
  archive.on("error", (error) => extract.destroy(error));
  archive.pipe(extract);
  for await (const entry of extract) {
    const large = (entry.header.size ?? 0) > TEXT_LIMIT;
    const found = large ? undefined : { header: entry.header, content: await buffer(entry) };
    archive.destroy();
    return found;
  }
  return undefined;
}
