import { type FileHandle, open } from "node:fs/promises";

/** The clock of a file system may be some milliseconds behind. */
const CLOCK_LAG = 10;

/** Bytes that are handed on at a time. */
const PIECE = 64 * 1024;

/** Follows the log of one step that another program runs. */
export class OutputTail {
  readonly step: number;
  readonly #path: string;
  readonly #since: number;
  #offset = 0;

  /** `since`: milliseconds since 1970; a log that is older is of an earlier run. */
  constructor(step: number, path: string, since: number) {
    this.step = step;
    this.#path = path;
    this.#since = since;
  }

  /** What was printed since the last look, in pieces. */
  async *read(): AsyncGenerator<Uint8Array> {
    let file: FileHandle;
    try {
      file = await open(this.#path);
    } catch (error) {
      // A step that prints nothing has none.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    try {
      const { size, mtimeMs } = await file.stat();
      if (size < this.#offset) this.#offset = 0;
      if (mtimeMs < this.#since - CLOCK_LAG) return;
      while (true) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(PIECE), { position: this.#offset });
        if (bytesRead === 0) return;
        this.#offset += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
}
