import { expect, test } from "vitest";
import { parseChmod } from "./mode.ts";

test.each([
  ["755", 0o644, 0o755],
  ["0", 0o644, 0],
  ["4755", 0o644, 0o4755],
  ["u+x", 0o644, 0o744],
  ["+x", 0o644, 0o755],
  ["go-r", 0o644, 0o600],
  ["u=rwx,g=rx,o=", 0o644, 0o750],
  ["a=r", 0o755, 0o444],
  ["g=u", 0o640, 0o660],
  ["u+s,g+s,+t", 0o755, 0o7755],
  ["u=rw", 0o4755, 0o655],
  ["go=u-w", 0o700, 0o755],
  ["u+t", 0o755, 0o1755],
  ["o+t", 0o755, 0o755],
  ["a=r", 0o7755, 0o1444],
  ["g=rwu", 0o500, 0o570],
  ["u+x,g+X", 0o644, 0o744],
  ["a+X", 0o644, 0o644],
  ["a+X", 0o744, 0o755],
])("--chmod=%s makes %o into %o", (text, before, after) => {
  expect(parseChmod(text).change(before, false)).toBe(after);
});

test("X means folders too", () => {
  expect(parseChmod("u=rwX,go=rX").change(0o600, true)).toBe(0o755);
  expect(parseChmod("u=rwX,go=rX").change(0o600, false)).toBe(0o644);
});

test.each(["", "8", "99999", "17777", "u", "u+q", "x=r", "u+x,"])("--chmod=%j is refused", (text) => {
  expect(() => parseChmod(text)).toThrow(`invalid chmod parameter: '${text}'`);
});
