import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { formatTime } from "../../src/init/supervisor/time-format.ts";

const directives = "a A b B c C d D e F G h H I j m M p R s S T u U V w W x X y Y z".split(" ");

// date(1) is the oracle: it has the same C library's strftime as Python.
test.each([
  "2026-01-01 00:00:00",
  "2024-02-29 12:05:09",
  "2021-01-03 23:59:59",
  "2020-12-31 01:00:00",
  "2026-11-25 13:07:08",
])("%s is formatted as by the C library", (time) => {
  const format = directives.map((letter) => `${letter}=%${letter}`).join("|");
  const wanted = execFileSync("date", ["-d", time, `+${format}`], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  expect(formatTime(format, new Date(time.replace(" ", "T")))).toBe(wanted.trimEnd());
});

test("what is no directive stays", () => {
  expect(formatTime("100%% %Q | é %", new Date())).toBe("100% %Q | é %");
});
