import { expect, test } from "vitest";
import { matchesFilters, parseFilters } from "./filter.ts";

test("values of one key are alternatives, keys must all match", () => {
  const filters = parseFilters(["status=running", "status=exited", "label=a=b"], ["status", "label"]);
  expect([...filters]).toEqual([
    ["status", ["running", "exited"]],
    ["label", ["a=b"]],
  ]);
  const row: Record<string, string> = { status: "exited", label: "a=b" };
  expect(matchesFilters(filters, (key, value) => row[key] === value)).toBe(true);
  row.label = "c";
  expect(matchesFilters(filters, (key, value) => row[key] === value)).toBe(false);
});

test.each([
  ["status", '--filter: "status" is not of the form key=value'],
  ["colour=red", '--filter: there is no filter "colour"'],
])("%s is refused", (word, message) => {
  expect(() => parseFilters([word], ["status"])).toThrow(message);
});
