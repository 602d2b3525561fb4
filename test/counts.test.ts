import { expect, test } from "vitest";
import { countTests, formatCounts } from "../scripts/counts.mjs";

const report = {
  testResults: [],
  numFailedTests: 0,
  numPassedTests: 3,
  numPendingTests: 0,
  numTodoTests: 0,
  success: true,
};

test("counts what passed, failed and was skipped", () => {
  expect(countTests(report)).toEqual({ passed: 3, failed: 0, skipped: 0 });
  const mixed = {
    ...report,
    numFailedTests: 1,
    numPendingTests: 2,
    success: false,
    testResults: [{ status: "failed", assertionResults: [{ status: "failed" }, { status: "passed" }] }],
  };
  expect(countTests(mixed)).toEqual({ passed: 3, failed: 1, skipped: 2 });
});

test("a file that doesn't load is a failure", () => {
  const unloaded = { ...report, success: false, testResults: [{ status: "failed", assertionResults: [] }] };
  expect(countTests(unloaded)).toEqual({ passed: 3, failed: 1, skipped: 0 });
});

test("an error outside of any test is a failure", () => {
  expect(countTests({ ...report, success: false }).failed).toBe(1);
});

test("the line is plain", () => {
  expect(formatCounts({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
  expect(formatCounts({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
});
