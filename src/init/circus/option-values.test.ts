import { expect, test } from "vitest";
import { changeWatcher, createWatcher, type OptionValues } from "./option-values.ts";

const context = { sockets: ["web"], flapping: { attempts: 2, window: 1, retryIn: 7, maxRetry: 5, active: true } };

function create(values: OptionValues) {
  return createWatcher("app", { cmd: "app", ...values }, context);
}

test("a watcher is made of JSON values or of texts", () => {
  const made = create({ numprocesses: 2, shell: "yes", env: { A: "b" }, rlimits: { nofile: 10 }, stop_signal: "int" });
  expect(made).toMatchObject({ numprocesses: 2, shell: true, env: { A: "b" }, rlimits: { nofile: 10 }, stopSignal: 2 });
});

test("only what is set changes", () => {
  const before = create({
    args: ["a b"],
    "stdout_stream.filename": "/var/log/app",
    "stdout_stream.max_bytes": 100,
    rlimit_core: 0,
    env: { A: "b" },
    priority: 3,
  });
  const after = changeWatcher(
    before,
    { "stdout_stream.max_bytes": 200, rlimit_nofile: "", graceful_timeout: 1.5, "flapping.retry_in": 1 },
    context,
  );
  expect(after).toEqual({
    ...before,
    stdoutStream: { ...before.stdoutStream, maxBytes: 200 },
    rlimits: { core: 0, nofile: -1 },
    gracefulTimeout: 1.5,
    flapping: { ...context.flapping, retryIn: 1 },
  });
  expect(changeWatcher(before, { args: ["c"], env: { X: 1 } }, context)).toEqual({
    ...before,
    args: ["c"],
    env: { X: "1" },
  });
});

test("all that is wrong is told", () => {
  const before = create({ singleton: true });
  expect(() => changeWatcher(before, { numprocesses: 2, color: "red", stop_signal: "FOO" }, context)).toThrow(
    "stop_signal: no such signal: FOO; a singleton has one process, not 2; unknown key 'color'",
  );
  expect(() => create({ env: "A=b" })).toThrow("'env' isn't a valid object");
  expect(() => createWatcher("app", {}, context)).toThrow("watcher app has no cmd");
});
