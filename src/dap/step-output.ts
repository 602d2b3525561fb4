import type { Session } from "../session/types.ts";

/** Bytes of a step's output that an editor is given: it keeps all of it in memory. */
const LIMIT = 1024 * 1024;

export interface StepOutput {
  readonly lines: readonly string[];
  /** Bytes at the beginning that are left out. */
  readonly cut: number;
}

/** The end of what a step printed. */
export async function readOutput(session: Session, step: number): Promise<StepOutput> {
  const kept: Uint8Array[] = [];
  let size = 0;
  let cut = 0;
  for await (const data of await session.output(step)) {
    kept.push(data as Uint8Array);
    size += (data as Uint8Array).length;
    for (let first = kept[0]; first !== undefined && size - first.length >= LIMIT; first = kept[0]) {
      kept.shift();
      size -= first.length;
      cut += first.length;
    }
  }
  if (size === 0) return { lines: [], cut };
  const lines = Buffer.concat(kept).toString("utf8").replace(/\n$/, "").split("\n");
  if (cut === 0) return { lines, cut };
  // The first line may have lost its beginning.
  const [first = "", ...others] = lines;
  return { lines: others, cut: cut + Buffer.byteLength(first) + 1 };
}
