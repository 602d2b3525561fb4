import { expect, test } from "vitest";
import { formatMistake } from "../launch/mistakes.ts";
import { findSteps, selectSteps } from "./steps.ts";

const files = [
  { name: "README.md", isExecutable: false },
  { name: "100-last", isExecutable: true },
  { name: "20-b.conf.j2", isExecutable: false },
  { name: "20-a", isExecutable: true },
  { name: "9-first.sh", isExecutable: true },
  { name: "9-first.sh.yaml", isExecutable: false },
  { name: "shared.sh", isExecutable: true },
];

test("by number, then by name; what has none is no step", () => {
  expect(findSteps(files, "/d")).toEqual({
    steps: [
      { name: "9-first.sh", kind: "executable", sidecar: "9-first.sh.yaml" },
      { name: "20-a", kind: "executable", sidecar: undefined },
      { name: "20-b.conf.j2", kind: "template", sidecar: undefined },
      { name: "100-last", kind: "executable", sidecar: undefined },
    ],
    mistakes: [],
  });
});

test("a numbered file that would be left out is a mistake", () => {
  const { mistakes } = findSteps(
    [
      { name: "10-a.sh", isExecutable: false },
      { name: "20-b.yaml", isExecutable: false },
    ],
    "/d",
  );
  expect(mistakes.map(formatMistake)).toEqual([
    "/d/10-a.sh: neither executable nor a template\n  hint: chmod +x, or a name without a number",
    "/d/20-b.yaml: belongs to no step\n  hint: there is no 20-b",
  ]);
});

test("steps are named by name or by number", () => {
  const { steps } = findSteps(files, "/d");
  const select = (...only: string[]) => selectSteps(steps, only).map(({ name }) => name);
  expect(select()).toHaveLength(4);
  expect(select("100", "9-first.sh")).toEqual(["9-first.sh", "100-last"]);
  expect(select("020")).toEqual(["20-a", "20-b.conf.j2"]);
  expect(() => select("9-frist.sh")).toThrow("no step 9-frist.sh");
});
