import { expect, test } from "vitest";
import { nextRotation } from "./rotation-time.ts";
import { wholeLines } from "./whole-lines.ts";

// A Wednesday.
const start = new Date(2026, 10, 25, 13, 7, 8);

test.each([
  ["S", 5, new Date(2026, 10, 25, 13, 7, 13)],
  ["M", 1, new Date(2026, 10, 25, 13, 8, 8)],
  ["H", 2, new Date(2026, 10, 25, 15, 7, 8)],
  ["D", 1, new Date(2026, 10, 26, 13, 7, 8)],
  ["midnight", 1, new Date(2026, 10, 26)],
  ["W2", 1, new Date(2026, 10, 26)],
  ["W1", 1, new Date(2026, 11, 2)],
  ["W6", 1, new Date(2026, 10, 30)],
])("%s × %i", (when, interval, wanted) => {
  expect(nextRotation(start, { when, interval, backupCount: 0, utc: false })).toEqual(wanted);
});

test("midnight of UTC", () => {
  const next = nextRotation(new Date("2026-11-25T23:30:00Z"), {
    when: "midnight",
    interval: 1,
    backupCount: 0,
    utc: true,
  });
  expect(next.toISOString()).toBe("2026-11-26T00:00:00.000Z");
});

test.each([
  ["one\ntwo\n", 100, true, 8],
  ["one\ntwo\n", 7, true, 4],
  ["one\ntwo\n", 3, false, 0],
  ["one\ntwo\n", 3, true, 4],
  ["endless", 3, true, 7],
  ["one\n", -5, false, 0],
])("of %j with room for %i bytes (empty file: %s) %i bytes are written", (text, room, isEmpty, wanted) => {
  expect(wholeLines(new TextEncoder().encode(text), room, isEmpty)).toBe(wanted);
});
