import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { JournalRecord } from "../history/records.ts";
import { sessionFolder } from "../state/journal.ts";

export interface JournalNews {
  /** The file was written anew: what was read before counts no more. */
  readonly anew: boolean;
  readonly records: readonly JournalRecord[];
}

/** Reads what another program adds to a session's journal. */
export class JournalTail {
  readonly #path: string;
  #inode: number | undefined;
  /** Bytes of whole lines that were read. */
  #offset = 0;

  constructor(stateDir: string, id: string) {
    this.#path = join(sessionFolder(stateDir, id), "journal.jsonl");
  }

  /** What came since the last look; undefined when the session was removed. */
  async read(): Promise<JournalNews | undefined> {
    let file: FileHandle;
    try {
      file = await open(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    try {
      const { ino, size } = await file.stat();
      const anew = this.#inode !== ino || size < this.#offset;
      if (anew) this.#offset = 0;
      this.#inode = ino;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - this.#offset), { position: this.#offset });
      // What has no end yet is still being written.
      const lines = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(10) + 1);
      this.#offset += lines.length;
      const records = lines.toString("utf8").split("\n").slice(0, -1);
      return { anew, records: records.map((line) => JSON.parse(line) as JournalRecord) };
    } finally {
      await file.close();
    }
  }
}
