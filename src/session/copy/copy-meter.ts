import { createHash } from "node:crypto";
import type { CopyProgress, ReadableEntry, SourceEntry } from "./types.ts";

/** Counts and names what a copy takes, as it streams by. */
export interface InputMeter {
  /** The entry's content, which counts as it is read; undefined where there is none. */
  measure(name: string, entry: ReadableEntry): (() => AsyncIterable<Uint8Array>) | undefined;
  /** What was counted so far. */
  readonly progress: CopyProgress;
  /** Ends the count. */
  digest(): string;
}

/** Bytes between two reports of progress within one file. */
const REPORT_EVERY = 1024 * 1024;

export function createInputMeter(onProgress: ((progress: CopyProgress) => void) | undefined): InputMeter {
  const hash = createHash("sha256");
  let bytes = 0;
  let files = 0;
  let reported = 0;

  async function* readCounted(entry: ReadableEntry): AsyncGenerator<Uint8Array> {
    for await (const chunk of entry.content()) {
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes - reported >= REPORT_EVERY) {
        reported = bytes;
        onProgress?.({ bytes, files });
      }
      yield chunk;
    }
  }

  return {
    measure(name, entry) {
      hash.update(`${JSON.stringify(describeInput(name, entry))}\n`);
      if (entry.type !== "directory") files++;
      return entry.size > 0 ? () => readCounted(entry) : undefined;
    },
    get progress() {
      return { bytes, files };
    },
    digest: () => hash.digest("hex"),
  };
}

function describeInput(name: string, entry: SourceEntry): readonly unknown[] {
  const { type, mode, uid, gid, size, target, hardLink, device } = entry;
  const xattrs = [...entry.xattrs].map(([key, value]) => [key, value.toString("base64")]);
  return [name, type, mode, uid, gid, size, target, hardLink, device, xattrs];
}
