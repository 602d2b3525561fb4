import type { Readable } from "node:stream";

/** Reads a stream in pieces of the length that is asked for. */
export interface ByteReader {
  /** Exactly so many bytes; undefined when the stream ends before the first of them. Throws when it ends within. */
  read(length: number): Promise<Buffer | undefined>;
  /** The next `length` bytes in the pieces in which they come. */
  pieces(length: number): AsyncGenerator<Buffer, void>;
  /** Reads to the end, for nothing. */
  drain(): Promise<void>;
}

export function readBytes(stream: Readable): ByteReader {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);

  const fill = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (next.done) return false;
    rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    return true;
  };
  const take = (length: number): Buffer => {
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  return {
    read: async (length) => {
      while (rest.length < length) {
        if (await fill()) continue;
        if (rest.length === 0) return undefined;
        throw new Error("the archive ends within an entry");
      }
      return take(length);
    },
    pieces: async function* (length) {
      for (let left = length; left > 0; ) {
        if (rest.length === 0 && !(await fill())) throw new Error("the archive ends within an entry");
        const piece = take(Math.min(left, rest.length));
        left -= piece.length;
        yield piece;
      }
    },
    drain: async () => {
      rest = Buffer.alloc(0);
      while (!(await chunks.next()).done);
    },
  };
}
