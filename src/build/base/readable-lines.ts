import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** The lines of a text stream, as they come. */
export function readableLines(stream: Readable): AsyncIterable<string> {
  return createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
}
