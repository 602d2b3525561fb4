import { expect, test } from "vitest";
import { formatDuration, formatSize } from "./format.ts";

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
