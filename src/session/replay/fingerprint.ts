import { createHash } from "node:crypto";
import type { Entry } from "../history/entries.ts";

/** Names the files that a stage holds by all that made them: its steps with what they took, and whatever else happened there. */
export function fingerprint(chain: readonly Made[]): string {
  const parts = chain.map((entry) =>
    entry.kind === "step" ? [entry.key, entry.inputs ?? null] : [entry.kind, entry.id],
  );
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

type Made =
  | Exclude<Entry, { kind: "step" }>
  | { readonly kind: "step"; readonly key: string; readonly inputs: string | undefined };
