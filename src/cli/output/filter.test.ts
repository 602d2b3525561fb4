import { expect, test } from "vitest";
import { filterRows } from "./filter.ts";

const rows = [
  { name: "a", state: "open" },
  { name: "b", state: "left" },
  { name: "c", state: "left" },
];
const filters = {
  name: (row: { name: string }, value: string) => row.name === value,
  state: (row: { state: string }, value: string) => row.state === value,
};

test("values of one key are alternatives, keys come together", () => {
  const names = (...given: string[]) => filterRows(rows, given, filters).map(({ name }) => name);
  expect(names()).toEqual(["a", "b", "c"]);
  expect(names("state=left")).toEqual(["b", "c"]);
  expect(names("name=a", "name=b")).toEqual(["a", "b"]);
  expect(names("name=a", "name=b", "state=left")).toEqual(["b"]);
});

test("what is no filter is told with those that are", () => {
  expect(() => filterRows(rows, ["colour=red"], filters)).toThrow(/colour=red/);
  expect(() => filterRows(rows, ["name"], filters)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining("name, state") }),
  );
});
