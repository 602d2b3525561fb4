import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";
import { FlappingDetector } from "./flapping.ts";

const options = { attempts: 2, window: 1, retryIn: 7, maxRetry: 2, active: true };

test("deaths close together pause the watcher, and end it when that does not help", () => {
  const detector = new FlappingDetector(options, 1);
  const kinds = [0, 1, 10, 12, 20, 21].map((now) => detector.addDeath(now).kind);
  expect(kinds).toEqual(["steady", "retry", "steady", "retry", "steady", "give up"]);
});

test("deaths that are further apart than the window and a check delay count for nothing, and tries begin anew", () => {
  const detector = new FlappingDetector(options, 1);
  expect([0, 1].map((now) => detector.addDeath(now))).toContainEqual({ kind: "retry", seconds: 7, attempt: 1 });
  expect([10, 12.1].map((now) => detector.addDeath(now).kind)).toEqual(["steady", "steady"]);
  expect([20, 21].map((now) => detector.addDeath(now))).toContainEqual({ kind: "retry", seconds: 7, attempt: 1 });
});

test("-1 tries for ever, and an inactive plugin never", () => {
  const forever = new FlappingDetector({ ...options, attempts: 1, maxRetry: -1 }, 1);
  for (let now = 0; now < 50; now++) expect(forever.addDeath(now).kind).toBe("retry");
  const inactive = new FlappingDetector({ ...options, attempts: 1, active: false }, 1);
  expect(inactive.addDeath(0).kind).toBe("steady");
});

test("waits grow up to the longest, and begin anew after a long life", () => {
  const backoff = new Backoff({ first: 1, longest: 5, factor: 2, resetAfter: 60 });
  expect([0, 0, 0, 0, 60, 0].map((lifetime) => backoff.next(lifetime))).toEqual([1, 2, 4, 5, 1, 2]);
});
