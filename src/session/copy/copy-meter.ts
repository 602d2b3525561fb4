import type { CopyProgress, ReadableEntry } from "./types.ts";

/** Counts what a copy takes, as it streams by. */
export interface CopyMeter {
  /** The entry's content, which counts as it is read; undefined where there is none. */
  measure(entry: ReadableEntry): ReadableEntry["content"] | undefined;
  /** What was counted so far. */
  readonly progress: CopyProgress;
}

/** Bytes between two reports of progress within one file. */
const REPORT_EVERY = 1024 * 1024;

export function createCopyMeter(onProgress: ((progress: CopyProgress) => void) | undefined): CopyMeter {
  let bytes = 0;
  let files = 0;
  let reported = 0;

  async function* readCounted(entry: ReadableEntry, into: Buffer | undefined): AsyncGenerator<Uint8Array> {
    for await (const chunk of entry.content(into)) {
      bytes += chunk.length;
      if (bytes - reported >= REPORT_EVERY) {
        reported = bytes;
        onProgress?.({ bytes, files });
      }
      yield chunk;
    }
  }

  return {
    measure(entry) {
      if (entry.type !== "directory") files++;
      return entry.size > 0 ? (into) => readCounted(entry, into) : undefined;
    },
    get progress() {
      return { bytes, files };
    },
  };
}
