import { createHash } from "node:crypto";
import type { Entry } from "../history/entries.ts";

type Made =
  | Exclude<Entry, { kind: "step" }>
  | { readonly kind: "step"; readonly key: string; readonly inputs: string | undefined };

/** A chain never changes, and is asked for at each step. */
const known = new WeakMap<readonly Made[], string>();

/** Names the files that a stage holds by all that made them: its steps with what they took, and whatever else happened there. */
export function fingerprint(chain: readonly Made[]): string {
  const found = known.get(chain);
  if (found !== undefined) return found;
  const parts = chain.map((entry) =>
    entry.kind === "step" ? [entry.key, entry.inputs ?? null] : [entry.kind, entry.id],
  );
  const made = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  known.set(chain, made);
  return made;
}
