import type { Instruction } from "../../dockerfile/types.ts";
import type { FileChange } from "../../protocol/messages.ts";

/** What is remembered of a step beside its place in the container; it moves along when the text is edited. */
export interface StepMemory {
  readonly ran: boolean;
  readonly milliseconds: number | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  readonly exitCode: number | undefined;
  readonly changes: readonly FileChange[] | undefined;
  /** Taken from the engine's build cache. */
  readonly cached?: boolean | undefined;
}

/**
 * Memory after an edit, by step number. It belongs to instructions: those before and after the edited part keep theirs, and
 * one in the place of another was run before it changed.
 */
export function moveMemory(
  memory: ReadonlyMap<number, StepMemory>,
  old: readonly Pick<Instruction, "text">[],
  fresh: readonly Pick<Instruction, "text">[],
): Map<number, StepMemory> {
  const shorter = Math.min(old.length, fresh.length);
  let before = 0;
  while (before < shorter && old[before]!.text === fresh[before]!.text) before++;
  let after = 0;
  while (after < shorter - before && old.at(-1 - after)!.text === fresh.at(-1 - after)!.text) after++;
  const moved = new Map<number, StepMemory>();
  for (const [number, entry] of memory) {
    const index = number - 1;
    if (index >= old.length - after) moved.set(number + fresh.length - old.length, entry);
    else if (index < fresh.length - after) moved.set(number, entry);
  }
  return moved;
}
