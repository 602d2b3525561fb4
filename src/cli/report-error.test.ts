import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { SlipwayError } from "../errors.ts";
import { reportError } from "./report-error.ts";

function report(error: unknown, options: { json?: boolean; debug?: boolean; interrupted?: boolean; isTTY?: boolean }) {
  let text = "";
  const stderr = Object.assign(
    new Writable({
      write(chunk, _, done) {
        text += chunk;
        done();
      },
    }),
    { isTTY: options.isTTY ?? false },
  );
  const { json = false, debug = false, interrupted = false } = options;
  return { exitCode: reportError({ stderr, env: {} }, error, { json, debug, interrupted }), text };
}

const refused = new SlipwayError("ENGINE_UNREACHABLE", "no engine answers", { hint: "start one", exitCode: 125 });

test("a known error is its message and hint", () => {
  expect(report(refused, {})).toEqual({ exitCode: 125, text: "slipway: no engine answers\nhint: start one\n" });
});

test("colours are for terminals", () => {
  expect(report(refused, { isTTY: true }).text).toContain("\u001b[36mhint:");
});

test("an unknown error has its stack and that of its cause", () => {
  const { exitCode, text } = report(new Error("boom", { cause: new Error("deep") }), {});
  expect(exitCode).toBe(70);
  expect(text).toMatch(/unexpected error: boom\nError: boom\n\s+at .*\ncaused by Error: deep\n\s+at /s);
});

test("as JSON it is one object", () => {
  const { text } = report(refused, { json: true });
  const object = {
    type: "error",
    code: "ENGINE_UNREACHABLE",
    message: "no engine answers",
    hint: "start one",
    exitCode: 125,
  };
  expect(text).toBe(`${JSON.stringify(object)}\n`);
});

test("what Ctrl-C aborted is no mistake of ours", () => {
  const aborted = Object.assign(new Error("The operation was aborted"), { name: "AbortError" });
  expect(report(aborted, { interrupted: true })).toEqual({ exitCode: 130, text: "slipway: interrupted\n" });
  expect(report(aborted, { interrupted: false }).exitCode).toBe(70);
});
