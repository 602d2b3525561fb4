import { expect, test } from "vitest";
import { moveMemory, type StepMemory } from "./step-memory.ts";

/** A file of instructions A B C…, each with a memory of its own, after an edit: which step remembers whose. */
function remembered(old: string, fresh: string): string {
  const instructions = (text: string) => [...text].map((letter) => ({ text: letter }));
  const memory = new Map(
    [...old].map((_, index): [number, StepMemory] => [
      index + 1,
      { ran: true, milliseconds: index, size: undefined, exitCode: 0, changes: undefined },
    ]),
  );
  const moved = moveMemory(memory, instructions(old), instructions(fresh));
  return [...fresh].map((_, index) => old[moved.get(index + 1)?.milliseconds ?? -1] ?? "-").join("");
}

test.each([
  ["ABCD", "ABCD", "ABCD"],
  ["ABCD", "ABXD", "ABCD"],
  ["ABCD", "ABXCD", "AB-CD"],
  ["ABCD", "ABD", "ABD"],
  ["ABCD", "XABCD", "-ABCD"],
  ["ABCD", "ABCDX", "ABCD-"],
  ["AAA", "AA", "AA"],
  ["AB", "", ""],
])("%s edited to %s remembers %s", (old, fresh, expected) => {
  expect(remembered(old, fresh)).toBe(expected);
});
