import { expect, test } from "vitest";
import { RequestError } from "../protocol.ts";
import { checkOptions } from "./option-check.ts";

test("options have circus's types, and groups are spread", () => {
  const stream = { class: "FileStream", filename: "/x", max_bytes: 5 };
  expect(
    checkOptions({ numprocesses: 2, stdout_stream: stream, "hooks.before_start": "/x", rlimit_core: null }),
  ).toEqual({
    numprocesses: 2,
    "stdout_stream.class": "FileStream",
    "stdout_stream.filename": "/x",
    "stdout_stream.max_bytes": 5,
    "hooks.before_start": "/x",
    rlimit_core: -1,
  });
});

test.each([
  [[], "'options' property should be an object"],
  [{ nope: 1 }, "unknown key 'nope'"],
  [{ constructor: 1 }, "unknown key 'constructor'"],
  [{ numprocesses: "2" }, "'numprocesses' isn't an integer"],
  [{ numprocesses: 1.5 }, "'numprocesses' isn't an integer"],
  [{ warmup_delay: "1" }, "'warmup_delay' isn't a number"],
  [{ uid: [] }, "'uid' isn't an integer or string"],
  [{ send_hup: 1 }, "'send_hup' isn't a valid boolean"],
  [{ env: [] }, "'env' isn't a valid object"],
  [{ env: { A: 1 } }, "'A' isn't a string"],
  [{ stdout_stream: {} }, "'stdout_stream' must have a 'class' key"],
  [{ hooks: 1 }, "'hooks' isn't a valid object"],
  [{ rlimit_nofile: "x" }, "'rlimit_nofile' rlimit value isn't a valid int"],
])("%j is refused", (options, reason) => {
  expect(() => checkOptions(options)).toThrow(new RequestError(reason));
});
