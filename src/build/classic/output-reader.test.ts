import { expect, test } from "vitest";
import { parseDockerfile } from "../../dockerfile/parse.ts";
import type { BuildEvent } from "../build-events.ts";
import { createOutputReader } from "./output-reader.ts";

const text = "FROM debian\nRUN one\nRUN two\n";
const dockerfile = { name: "Dockerfile", text, model: parseDockerfile(text) };

function reader() {
  const events: string[] = [];
  const listener = (event: BuildEvent) => {
    if (event.type === "step") events.push(`${event.name}: ${event.state}`);
    if (event.type === "output") events.push(`${event.stream}: ${Buffer.from(event.data).toString().trimEnd()}`);
  };
  return { events, record: createOutputReader(listener, dockerfile) };
}

test("Docker's steps, their output on both streams, and what came from the cache", () => {
  const { events, record } = reader();
  const pieces = [
    "Step 1/3 : FROM debian\n",
    " ---> cf0c4384a303\n",
    "Step 2/3 : RUN one\n",
    " ---> Using cache\n",
    " ---> 1\n",
  ];
  for (const piece of [...pieces, "Step 3/3 : RUN two\n", " ---> Running in 0123456789ab\n", "out", "put\n"])
    record.read(piece);
  record.read("\u001b[91mtrouble\n\u001b[0m");
  for (const piece of [
    "Removing intermediate container 0123456789ab\n",
    " ---> 2\n",
    "Successfully built 0123456789ab\n",
  ])
    record.read(piece);
  record.finish();
  expect(events).toEqual([
    "[1/3] FROM debian: started",
    "[1/3] FROM debian: done",
    "[2/3] RUN one: started",
    "[2/3] RUN one: cached",
    "[3/3] RUN two: started",
    "stdout: output",
    "stderr: trouble",
    "[3/3] RUN two: done",
  ]);
  expect(record.builtImage()).toBe("0123456789ab");
});

test("Podman's steps", () => {
  const { events, record } = reader();
  for (const piece of [
    "STEP 1/2: FROM debian\n",
    "STEP 2/2: RUN one\n",
    "hello\n",
    "COMMIT app\n",
    "--> 0123456789a\n",
  ])
    record.read(piece);
  record.finish();
  expect(events).toEqual([
    "[1/2] FROM debian: started",
    "[1/2] FROM debian: done",
    "[2/2] RUN one: started",
    "stdout: hello",
    "[2/2] RUN one: done",
  ]);
});

test("a failure has its place and the last output", () => {
  const { events, record } = reader();
  for (const piece of ["Step 1/3 : FROM debian\n", "Step 2/3 : RUN one\n", "first\n", "last"]) record.read(piece);
  expect(record.fail("exit code 3")).toEqual({
    step: "[2/3] RUN one",
    output: ["first", "last"],
    source: { file: "Dockerfile", start: 2, end: 2 },
  });
  expect(events.at(-1)).toBe("[2/3] RUN one: failed");
});
