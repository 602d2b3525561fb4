import { expect, test } from "vitest";
import type { BuildEvent } from "../build-events.ts";
import { type StatusResponse, statusResponse } from "./messages.ts";
import { createProgressDecoder } from "./progress.ts";

const at = (seconds: number) => ({ seconds, nanos: 500_000_000 });
const vertex = {
  digest: "sha256:1",
  inputs: [],
  name: "[2/2] RUN make",
  cached: false,
  started: null,
  completed: null,
  error: "",
};

/** Through the wire format, as they come. */
function decode(...reports: Partial<StatusResponse>[]): BuildEvent[] {
  const events: BuildEvent[] = [];
  const report = createProgressDecoder((event) => events.push(event));
  for (const message of reports) report(statusResponse.decode(statusResponse.encode(message)));
  return events;
}

test("a step is told once when it starts and once when it ends, with its times", () => {
  const events = decode(
    { vertexes: [vertex] },
    { vertexes: [{ ...vertex, started: at(1) }] },
    { vertexes: [{ ...vertex, started: at(1) }] },
    { vertexes: [{ ...vertex, started: at(1), completed: at(3) }] },
  );
  expect(events).toEqual([
    { type: "step", step: "sha256:1", name: "[2/2] RUN make", state: "started", time: 1500, error: undefined },
    { type: "step", step: "sha256:1", name: "[2/2] RUN make", state: "done", time: 3500, error: undefined },
  ]);
});

test.each([
  [{ cached: true }, "cached"],
  [{ error: "exit code: 1" }, "failed"],
  [{ error: "context canceled: context canceled" }, "canceled"],
])("%j is %s", (change, state) => {
  const events = decode({ vertexes: [{ ...vertex, started: at(1), completed: at(2), ...change }] });
  expect(events.map((event) => event.type === "step" && event.state)).toEqual(["started", state]);
});

test("output, transfers and warnings", () => {
  const events = decode({
    logs: [{ vertex: "sha256:1", timestamp: at(1), stream: 2, msg: Buffer.from("✗\n") }],
    statuses: [
      {
        id: "layer",
        vertex: "sha256:1",
        name: "downloading",
        current: 2 ** 33,
        total: 2 ** 34,
        started: at(1),
        completed: null,
      },
    ],
    warnings: [
      {
        vertex: "sha256:1",
        level: 1,
        short: Buffer.from("MaintainerDeprecated"),
        detail: [Buffer.from("use a label")],
        url: "",
        ranges: [{ start: { line: 3, character: 0 }, end: null }],
      },
    ],
  });
  expect(events).toEqual([
    { type: "output", step: "sha256:1", stream: "stderr", data: expect.anything() },
    { type: "transfer", step: "sha256:1", id: "layer", name: "layer", current: 2 ** 33, total: 2 ** 34, done: false },
    { type: "warning", message: "MaintainerDeprecated", detail: ["use a label"], url: undefined, line: 3 },
  ]);
});
