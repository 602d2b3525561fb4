import { expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";

test("a file with options, in any order and both spellings", () => {
  expect(readCommandLine(["--log-level=DEBUG", "x.ini", "--log-output", "-", "--pidfile", "/run/pid"])).toEqual({
    kind: "run",
    file: "x.ini",
    loglevel: "debug",
    logoutput: "-",
    pidfile: "/run/pid",
  });
  expect(readCommandLine(["--check", "x.ini"])).toMatchObject({ kind: "check", file: "x.ini" });
});

test("everything behind -- is the command's", () => {
  expect(readCommandLine(["-g", "--", "sh", "-c", "--help"])).toEqual({
    kind: "command",
    argv: ["sh", "-c", "--help"],
    toGroup: true,
  });
});

test.each([
  [["x.ini", "y.ini"], "one FILE only: x.ini, y.ini"],
  [["x.ini", "--", "sh"], "either x.ini or a command"],
  [["--pidfile"], "--pidfile needs a value"],
  [["--logger-config", "x"], "--logger-config is not to be had"],
])("%j is refused", (words, message) => {
  expect(() => readCommandLine(words)).toThrow(message);
});
