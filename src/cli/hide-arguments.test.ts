import { expect, test } from "vitest";
import { hideArguments } from "./hide-arguments.ts";

test("masks build arguments that look like secrets, in both ways of writing them", () => {
  expect(hideArguments(["hack", "--build-arg", "TOKEN=abc=d", "--build-arg=API_KEY=x", "."])).toBe(
    "slipway hack --build-arg TOKEN=*** --build-arg=API_KEY=*** .",
  );
  expect(hideArguments(["build", "--build-arg", "PROXY=http://me:pass@proxy"])).toBe(
    "slipway build --build-arg PROXY=***",
  );
});

test("a command line without secrets stays as it is", () => {
  expect(hideArguments(["hack", "--build-arg", "VERSION=1", "--build-arg", "TOKEN", "TOKEN=abc"])).toBeUndefined();
});
