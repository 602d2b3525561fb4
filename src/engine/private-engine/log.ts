import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { SlipwayError } from "../../errors.ts";
import { type EnginePlaces, privateEnginePlaces } from "./places.ts";
import type { StartOptions } from "./start.ts";

export interface LogOptions extends StartOptions {
  /** Goes on until `signal`. */
  readonly follow: boolean;
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined;
}

const chunkSize = 64 * 1024;
/** How often a followed log is looked at, in milliseconds. */
const pollInterval = 200;

/** The text of dockerd's log, in pieces. Errors: ENGINE_LOG_MISSING. */
export async function* readEngineLog({ env, home, follow, tail, signal }: LogOptions): AsyncGenerator<Buffer> {
  const file = await openLog(privateEnginePlaces(env, home));
  try {
    let position = tail === undefined ? 0 : await findTail(file, tail);
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkSize), 0, chunkSize, position);
      position += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (!follow || signal?.aborted) return;
      else await delay(pollInterval, undefined, signal === undefined ? {} : { signal });
    }
  } finally {
    await file.close();
  }
}

async function openLog({ log }: EnginePlaces) {
  try {
    return await open(log, "r");
  } catch (cause) {
    throw new SlipwayError("ENGINE_LOG_MISSING", `no log to read: ${log}`, {
      hint: "the private engine was never started here; SLIPWAY_ENGINE_DIR names another folder",
      cause,
    });
  }
}

/** Where the last `lines` lines begin: read backwards, so that a long log costs nothing. */
async function findTail(file: Awaited<ReturnType<typeof open>>, lines: number): Promise<number> {
  const { size } = await file.stat();
  let missing = lines + 1;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkSize);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    for (let index = buffer.length - 1; index >= 0; index--) {
      if (buffer[index] === 10 && --missing === 0) return start + index + 1;
    }
    end = start;
  }
  return 0;
}
