import { SlipwayError } from "../../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { BLOCK } from "./tar-format.ts";

/** Where the stored pieces of a sparse file belong; between them are zeros. */
export interface SparseMap {
  readonly pieces: readonly { readonly offset: number; readonly length: number }[];
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of the archive that the map took and the member's size counts. */
  readonly mapLength: number;
}

/**
 * The map of a file that GNU tar stored as sparse in pax 0.1 or 1.0; undefined for any other file. Docker, which unpacks
 * for BuildKit, refuses GNU tar's own format.
 */
export async function readSparseMap(
  reader: ByteReader,
  header: Buffer,
  records: ReadonlyMap<string, Buffer>,
): Promise<SparseMap | undefined> {
  if (header[156] === "S".charCodeAt(0)) {
    throw new SlipwayError("TAR_INVALID", "unhandled tar header type 83: a sparse file in GNU tar's own format", {
      hint: "pack it again with --format=pax, or without --sparse",
    });
  }
  if (records.get("GNU.sparse.major")?.toString() === "1") {
    return readPaxMap(reader, Number(records.get("GNU.sparse.realsize")));
  }
  const map = records.get("GNU.sparse.map");
  if (map !== undefined) {
    return {
      pieces: toPieces(String(map).split(",").map(Number)),
      size: Number(records.get("GNU.sparse.size")),
      mapLength: 0,
    };
  }
  if (records.has("GNU.sparse.size")) {
    throw new SlipwayError("TAR_INVALID", "the tar archive holds a sparse file in the pax format 0.0", {
      hint: "pack it again with a newer tar, or without --sparse",
    });
  }
  return undefined;
}

/** Decimal numbers, one a line, before the content: the count of pieces, then each one's offset and length. */
async function readPaxMap(reader: ByteReader, size: number): Promise<SparseMap> {
  let lines = "";
  let mapLength = 0;
  while (true) {
    const block = await reader.read(BLOCK);
    lines += block.toString("latin1");
    mapLength += block.length;
    const numbers = lines.split("\n").slice(0, -1).map(Number);
    if (numbers.length > 0 && numbers.length > 2 * numbers[0]!) {
      return { pieces: toPieces(numbers.slice(1, 2 * numbers[0]! + 1)), size, mapLength };
    }
    if (block.length < BLOCK)
      throw new SlipwayError("TAR_INVALID", "the tar archive can't be read: it ends within a sparse file", {
        hint: "it may have been cut short: make it again",
      });
  }
}

function toPieces(numbers: readonly number[]): SparseMap["pieces"] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, index) => ({
    offset: numbers[2 * index]!,
    length: numbers[2 * index + 1]!,
  }));
}

const zeros = Buffer.alloc(64 * 1024);

/** The whole file, its holes as zeros. */
export async function* expandSparse(map: SparseMap, stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let position = 0;
  const pieces = map.pieces.values();
  let piece = pieces.next().value;
  let left = piece?.length ?? 0;
  for await (let chunk of stored) {
    while (chunk.length > 0) {
      while (piece !== undefined && left === 0) {
        piece = pieces.next().value;
        left = piece?.length ?? 0;
      }
      if (piece === undefined) break;
      yield* zerosUpTo(piece.offset + piece.length - left);
      const part = chunk.subarray(0, left);
      yield part;
      position += part.length;
      left -= part.length;
      chunk = chunk.subarray(part.length);
    }
  }
  yield* zerosUpTo(map.size);

  function* zerosUpTo(end: number): Generator<Uint8Array> {
    while (position < end) {
      const part = zeros.subarray(0, end - position);
      position += part.length;
      yield part;
    }
  }
}
