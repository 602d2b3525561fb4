import { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { SessionEvent, StepView } from "../../index.ts";
import { textScreen } from "./screen.ts";

const step = { number: 1, summary: "FROM debian", status: "done", milliseconds: 2, exitCode: 0 } as StepView;
const started: SessionEvent = { type: "step-started", step };
const finished: SessionEvent = { type: "step-finished", step, message: undefined };
const pulling = (current: number): SessionEvent => {
  return { type: "progress", step: 1, message: "pulling", current, total: 10_000 };
};

function open(properties: object) {
  const written: string[] = [];
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _, done) {
        written.push(String(chunk));
        done();
      },
    }),
    properties,
  );
  const screen = textScreen({ stdout, stderr: stdout, env: { NO_COLOR: "1" } }, { interactive: false });
  return { screen, written };
}

test("progress of a quick step is not shown", async () => {
  const { screen, written } = open({ isTTY: true, columns: 60 });
  for (const event of [started, pulling(1), pulling(2), finished]) await screen.event(event);
  expect(written.join("")).toBe("[1/1] FROM debian  2ms\n");
});

test("on a terminal, progress is drawn below the step and taken away at its end", async () => {
  const { screen, written } = open({ isTTY: true, columns: 60 });
  await screen.event(started);
  await screen.event(pulling(2_000));
  await delay(600);
  await screen.event(finished);
  expect(written).toEqual([
    "[1/1] FROM debian",
    "\n",
    "pulling [====                ] 2kB/10kB\n",
    "\u001b[1A\u001b[J",
    "[1/1] done in 2ms\n",
  ]);
});

test("elsewhere each message is a line, once", async () => {
  const { screen, written } = open({});
  await screen.event(started);
  await screen.event(pulling(1));
  await delay(600);
  await screen.event(pulling(2));
  await screen.event(finished);
  expect(written.join("")).toBe("[1/1] FROM debian\npulling\n[1/1] done in 2ms\n");
});
