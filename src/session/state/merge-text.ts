import { diff3Merge, diffIndices } from "node-diff3";

/** Whose lines stand where both sides changed the same ones. */
export type Side = "ours" | "theirs";

/** Lines from 1, the last one included; `last` is smaller than `first` where the side took the lines out. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

export interface MergedText {
  /** With conflict markers, as git writes them, around each conflict. */
  readonly text: string;
  /** The line of the first marker, from 1. */
  readonly firstConflict: number | undefined;
  readonly conflicts: readonly { readonly ours: LineRange; readonly theirs: LineRange }[];
}

const markers = { start: "<<<<<<< session", middle: "=======", end: ">>>>>>> disk" } as const;

/**
 * Joins what two sides changed in a text, line by line, as `git merge-file` does: what only one side changed is taken, what
 * both changed alike too; the rest conflicts, unless `favour` decides it.
 */
export function mergeTexts(texts: Readonly<Record<"base" | Side, string>>, favour?: Side): MergedText {
  const [ours, base, theirs] = [texts.ours, texts.base, texts.theirs].map((text) => text.split("\n"));
  const lines: string[] = [];
  const conflicts: { ours: LineRange; theirs: LineRange }[] = [];
  let firstConflict: number | undefined;
  for (const { ok, conflict } of diff3Merge(ours!, base!, theirs!)) {
    if (ok !== undefined) lines.push(...ok);
    if (conflict === undefined) continue;
    if (favour !== undefined) {
      lines.push(...(favour === "ours" ? conflict.a : conflict.b));
      continue;
    }
    firstConflict ??= lines.length + 1;
    lines.push(markers.start, ...conflict.a, markers.middle, ...conflict.b, markers.end);
    conflicts.push({
      ours: rangeOf(conflict.aIndex, conflict.a.length),
      theirs: rangeOf(conflict.bIndex, conflict.b.length),
    });
  }
  return { text: lines.join("\n"), firstConflict, conflicts };
}

function rangeOf(index: number, length: number): LineRange {
  return { first: index + 1, last: index + length };
}

/** Whether a marker of `mergeTexts` is still in the text. */
export function hasConflictMarkers(text: string): boolean {
  const lines = text.split(/\r?\n/);
  return lines.includes(markers.start) || lines.includes(markers.end);
}

/** Which elements of `fresh`, counted from 1, are not those of `old`; and those of `old` that nothing came in the place of. */
export function compareLists(
  old: readonly string[],
  fresh: readonly string[],
): { readonly changed: readonly number[]; readonly removed: readonly string[] } {
  const changed: number[] = [];
  const removed: string[] = [];
  for (const { buffer1Content: before, buffer2: place } of diffIndices([...old], [...fresh])) {
    const [start, length] = place;
    for (let offset = 0; offset < length; offset++) changed.push(start + offset + 1);
    removed.push(...before.slice(length));
  }
  return { changed, removed };
}

/** Where the element of that number, from 1, is in `fresh`; what came in its place, or else what stands before it. */
export function moveNumber(number: number, old: readonly string[], fresh: readonly string[]): number {
  let shift = 0;
  for (const { buffer1, buffer2 } of diffIndices([...old], [...fresh])) {
    const [start, length] = buffer1;
    if (start >= number) break;
    if (start + length >= number) return Math.max(1, buffer2[0] + Math.min(number - start, buffer2[1]));
    shift += buffer2[1] - length;
  }
  return number + shift;
}
