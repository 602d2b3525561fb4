import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { stateUnwritable } from "./journal.ts";

/** What a step printed, both streams in the order in which they came. The file is made at the first output. */
export class OutputLog {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async write(data: Uint8Array): Promise<void> {
    try {
      this.#file ??= await open(this.#path, "w", 0o600);
      await this.#file.write(data);
    } catch (cause) {
      throw stateUnwritable(this.#path, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#file) await this.#file.close();
    else await rm(this.#path, { force: true });
  }
}

/** A step that printed nothing has no log. */
export async function readOutputLog(path: string): Promise<Readable> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return file ? createReadStream("", { fd: file }) : Readable.from([]);
}
