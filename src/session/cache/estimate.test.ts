import { expect, test } from "vitest";
import { estimateRuns } from "./estimate.ts";

const record = (id: string, parent: string, created: number, command: string, size = 10) => ({
  id,
  parents: parent === "" ? [] : [parent],
  size,
  created,
  description: command === "" ? "pulled from docker.io" : `mount / from exec /bin/sh -c ${command}`,
});
const sh = (...commands: string[]) => commands.map((command) => ["/bin/sh", "-c", command]);

const records = [
  record("base", "", 0, ""),
  record("a", "base", 7_200_000, "one"),
  record("copy", "a", 7_201_000, ""),
  record("b", "copy", 7_211_250, "two"),
  record("c", "b", 7_211_300, "three"),
  record("other", "base", 7_300_000, "three"),
];

test("a step took the time since the layer below it, without what BuildKit itself needs", () => {
  expect(estimateRuns(records, sh("one", "two"))).toEqual([0, 10_000]);
  expect(estimateRuns(records, sh("one", "two", "three"))).toEqual([0, 10_000, 0]);
});

test("steps count as far as one stands upon the other", () => {
  expect(estimateRuns(records, sh("one", "three", "two"))).toHaveLength(2);
  expect(estimateRuns(records, sh("two", "one"))).toHaveLength(1);
  expect(estimateRuns(records, sh("none", "one"))).toEqual([]);
});

test("a layer that was made long after the one below tells by its size only", () => {
  expect(estimateRuns(records, sh("one"))).toEqual([0]);
  const large = [record("base", "", 0, ""), record("a", "base", 7_200_000, "one", 200_000_000)];
  expect(estimateRuns(large, sh("one"))).toEqual([4_000]);
});
