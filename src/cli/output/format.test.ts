import { expect, test } from "vitest";
import { formatAge, formatDuration, formatSize } from "./format.ts";

test.each([
  [0, "0B"],
  [999, "999B"],
  [1000, "1kB"],
  [72_812_345, "72.8MB"],
  [1_234_000_000, "1.23GB"],
])("%d bytes are %s", (bytes, text) => expect(formatSize(bytes)).toBe(text));

test.each([
  [3.2, "3ms"],
  [999.4, "999ms"],
  [999.6, "1.0s"],
  [59_949, "59.9s"],
  [59_960, "1m00s"],
  [65_000, "1m05s"],
  [7_380_000, "2h03m"],
])("%d milliseconds are %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

test.each([
  [500, "Less than a second ago"],
  [1_000, "1 second ago"],
  [65_000, "About a minute ago"],
  [3_600_000, "About an hour ago"],
  [3 * 86_400_000, "3 days ago"],
  [20 * 86_400_000, "2 weeks ago"],
  [-5_000, "Less than a second ago"],
])("%d milliseconds before now is %s", (milliseconds, text) => {
  const now = new Date("2030-01-01T00:00:00Z");
  expect(formatAge(new Date(now.getTime() - milliseconds), now)).toBe(text);
});
