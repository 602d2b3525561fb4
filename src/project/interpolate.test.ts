import { expect, test } from "vitest";
import { interpolate } from "./interpolate.ts";

const env = { A: "a", EMPTY: "" };

test.each([
  ["$A-${A}-$B-${B}", "a-a--"],
  ["${B:-x} ${EMPTY:-x} ${EMPTY-x} ${B-x} ${A:-x}", "x x  x a"],
  ["${A:+y} ${EMPTY:+y} ${EMPTY+y} ${B+y}", "y  y "],
  ["${B:-${A}/${C:-c}}", "a/c"],
  ["$$A costs $$5", "$A costs $5"],
  ["${A?needed}", "a"],
  ["plain", "plain"],
])("%s", (text, expected) => expect(interpolate(text, env)).toBe(expected));

test.each([
  ["${B?must be there}", "B is not set: must be there"],
  ["${EMPTY:?}", "EMPTY is not set: it is required"],
  ["${A", "${ is not closed"],
  ["${A%x}", "${A%x} is not understood"],
  ["5 $", "a single $"],
])("%s is refused", (text, message) => expect(() => interpolate(text, env)).toThrow(message));
