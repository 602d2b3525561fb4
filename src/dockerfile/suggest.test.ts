import { expect, test } from "vitest";
import { suggestWord } from "./suggest.ts";

const words = ["RUN", "ENV", "COPY", "ENTRYPOINT", "A"];

test.each([
  ["RNU", "RUN"],
  ["rn", "run"],
  ["Cpoy", "COPY"],
  ["ENTRYPONT", "ENTRYPOINT"],
  ["MAKE", undefined],
  ["X", undefined],
  ["RUN", undefined],
])("%s suggests %s", (word, expected) => {
  expect(suggestWord(word, words)).toBe(expected);
});
