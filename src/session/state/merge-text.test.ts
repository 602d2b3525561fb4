import { expect, test } from "vitest";
import { compareLists, hasConflictMarkers, mergeTexts, moveNumber } from "./merge-text.ts";

const base = "FROM a\nRUN one\nRUN two\nRUN three\nCMD b\n";

test("what each side changed elsewhere is joined", () => {
  const ours = base.replace("RUN one", "RUN uno");
  const theirs = base.replace("CMD b\n", "CMD c\nEXPOSE 80\n");
  expect(mergeTexts({ base, ours, theirs })).toEqual({
    text: "FROM a\nRUN uno\nRUN two\nRUN three\nCMD c\nEXPOSE 80\n",
    firstConflict: undefined,
    conflicts: [],
  });
});

test("what both changed alike is no conflict", () => {
  const both = base.replace("RUN two", "RUN zwei");
  expect(mergeTexts({ base, ours: both, theirs: both }).text).toBe(both);
});

const ours = base.replace("RUN two", "RUN dos");
const theirs = base.replace("FROM a", "# first\nFROM a").replace("RUN two\n", "RUN deux\nRUN deux bis\n");

test("lines that both changed stand between markers, and are named by each side's own numbers", () => {
  const merged = mergeTexts({ base, ours, theirs });
  expect(merged.text).toBe(`# first
FROM a
RUN one
<<<<<<< session
RUN dos
=======
RUN deux
RUN deux bis
>>>>>>> disk
RUN three
CMD b
`);
  expect(merged.firstConflict).toBe(4);
  expect(merged.conflicts).toEqual([{ ours: { first: 3, last: 3 }, theirs: { first: 4, last: 5 } }]);
  expect(hasConflictMarkers(merged.text)).toBe(true);
});

test.each([
  ["ours", "RUN dos"],
  ["theirs", "RUN deux\nRUN deux bis"],
] as const)("%s decides conflicts only", (favour, lines) => {
  const { text, conflicts } = mergeTexts({ base, ours, theirs }, favour);
  expect(text).toBe(`# first\nFROM a\nRUN one\n${lines}\nRUN three\nCMD b\n`);
  expect(conflicts).toEqual([]);
  expect(hasConflictMarkers(text)).toBe(false);
});

test("lines that one side took out and the other changed conflict", () => {
  const { conflicts } = mergeTexts({ base, ours: base.replace("RUN two\n", ""), theirs: base.replace("two", "deux") });
  expect(conflicts).toEqual([{ ours: { first: 3, last: 2 }, theirs: { first: 3, last: 3 } }]);
});

test.each([
  [["a", "b", "c"], ["a", "x", "c"], [2], []],
  [["a", "b"], ["a", "new", "b", "end"], [2, 4], []],
  [["a", "b", "c"], ["a", "c"], [], ["b"]],
  [["a"], ["a"], [], []],
])("%j to %j", (old, fresh, changed, removed) => {
  expect(compareLists(old, fresh)).toEqual({ changed, removed });
});

test.each([
  ["is where it was", 2, ["a", "b", "c"], ["a", "b", "x"], 2],
  ["moves with what comes before it", 2, ["a", "b", "c"], ["new", "a", "other", "b", "c"], 4],
  ["moves up", 3, ["a", "b", "c"], ["a", "c"], 2],
  ["was replaced", 2, ["a", "b", "c"], ["a", "x", "y", "c"], 2],
  ["is gone", 3, ["a", "b", "c", "d"], ["a", "b", "d"], 2],
  ["was all there was", 1, ["a"], ["x", "y"], 1],
])("an element that %s", (_, number, old, fresh, expected) => {
  expect(moveNumber(number, old, fresh)).toBe(expected);
});
