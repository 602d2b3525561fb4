import { expect, test } from "vitest";
import { describeTrigger, type SessionEvent, type StepView } from "../../index.ts";
import type { FileChange } from "../../protocol/messages.ts";
import { plainStyle } from "../output/style.ts";
import { createRenderer, type RendererOptions, rangesOf } from "./render.ts";

const steps = ["FROM debian", "WORKDIR /src", "RUN make", "CMD app"].map((summary, index): StepView => {
  return {
    number: index + 1,
    stage: 0,
    stageName: undefined,
    summary,
    line: index + 1,
    status: "pending",
    current: index === 0,
    breakpoint: false,
    milliseconds: undefined,
    size: undefined,
    exitCode: undefined,
    checkpoint: undefined,
  };
});

const opened: SessionEvent = {
  type: "opened",
  session: "k3x9",
  dockerfile: "/p/Dockerfile",
  engine: "unix:///d.sock",
  resumed: false,
  steps,
};
const started = (number: number): SessionEvent => ({ type: "step-started", step: steps[number - 1]! });
const finished = (number: number, view: Partial<StepView> = {}, message?: string): SessionEvent => {
  const step = { ...steps[number - 1]!, status: "done", milliseconds: 2, exitCode: 0, ...view } as const;
  return { type: "step-finished", step, message };
};
const output = (text: string, of = 3, hand = false): SessionEvent => {
  return { type: "output", of, hand, stream: "stdout", data: Buffer.from(text) };
};

function render(events: readonly SessionEvent[], options: Partial<RendererOptions> = {}): string {
  const renderer = createRenderer({ style: plainStyle, columns: () => undefined, echo: true, ...options });
  const chunks = events.flatMap((event) => renderer.render(event));
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))).toString() + renderer.endLine();
}

test("while steps run side by side, each line of output tells whose it is", () => {
  const text = render([
    opened,
    started(2),
    started(3),
    output("one\nhal", 2),
    output("three\n", 3),
    output("f\nrest", 2),
    finished(2),
    output("alone\n", 3),
    finished(3),
  ]);
  expect(text.split("\n").slice(1)).toEqual([
    "[2/4] WORKDIR /src",
    "[3/4] RUN make",
    "2 | one",
    "3 | three",
    "2 | half",
    "2 | rest",
    "[2/4] done in 2ms",
    "alone",
    "[3/4] done in 2ms",
    "",
  ]);
});

test("quiet steps take a line, others a line before and after their output", () => {
  const text = render([
    opened,
    started(1),
    finished(1, { milliseconds: 1200, size: 117_000_000 }),
    started(2),
    finished(2),
    started(3),
    output("cc a.c\n"),
    output("cc b.c"),
    finished(3, { milliseconds: 12_345, size: 0 }),
    { type: "stopped", reason: "step", step: 4, breakpoint: undefined },
  ]);
  expect(text).toBe(`\
Session k3x9: /p/Dockerfile, 4 steps, on unix:///d.sock
[1/4] FROM debian  1.2s, 117MB
[2/4] WORKDIR /src  2ms
[3/4] RUN make
cc a.c
cc b.c
[3/4] done in 12.3s
=> [4/4] CMD app
`);
});

test("a failed step tells its exit code and message", () => {
  const text = render([
    opened,
    started(3),
    finished(3, { status: "failed", exitCode: 2, milliseconds: 70_000 }, "no such file: x\nhint: look"),
    { type: "stopped", reason: "failure", step: 3, breakpoint: undefined },
  ]);
  expect(text.split("\n").slice(1)).toEqual([
    "[3/4] RUN make",
    "[3/4] failed with exit code 2 after 1m10s",
    "no such file: x",
    "hint: look",
    "",
  ]);
});

test("at a terminal there are hints, each once", () => {
  const failure: SessionEvent = { type: "stopped", reason: "failure", step: 3, breakpoint: undefined };
  expect(render([opened, failure, failure, { type: "closed", removed: false }], { echo: false })).toBe(`\
Session k3x9: /p/Dockerfile, 4 steps, on unix:///d.sock
\`help\` lists the commands.
=> [1/4] FROM debian
Look with \`diff\`, \`output\` and \`shell\`; mend with \`run\` and \`adopt\`, or with \`edit\`; then \`retry\`.
The session stays: slipway hack --resume k3x9
`);
});

test("progress and notices end a step's open line", () => {
  const text = render([
    opened,
    started(1),
    { type: "progress", step: 1, message: "pulling debian" },
    { type: "notice", level: "warning", message: "old image" },
    finished(1),
  ]);
  expect(text.split("\n").slice(1)).toEqual([
    "[1/4] FROM debian",
    "pulling debian",
    "warning: old image",
    "[1/4] done in 2ms",
    "",
  ]);
});

test("reasons to stop", () => {
  const stopped = (reason: "end" | "breakpoint" | "until" | "interrupted") =>
    render([
      opened,
      {
        type: "stopped",
        reason,
        step: 3,
        breakpoint: reason === "breakpoint" ? { id: 2, condition: "RUN make" } : undefined,
      },
    ])
      .split("\n")
      .slice(1, -1);
  expect(stopped("end")).toEqual(["All steps are done."]);
  expect(stopped("breakpoint")).toEqual(["break point 2 (RUN make)", "=> [3/4] RUN make"]);
  const breakpoint = { id: 4, condition: "if-changed /etc" };
  const change = { kind: "changed", path: "/etc/hosts" } as FileChange;
  expect(
    render([opened, { type: "stopped", reason: "breakpoint", step: 3, breakpoint, trigger: { step: 2, change } }]),
  ).toContain("break point 4 (if-changed /etc): step 2 changed /etc/hosts\n=> [3/4] RUN make\n");
  expect(describeTrigger({ step: 2, size: 52_000_000 })).toBe("step 2 added 52MB");
  expect(describeTrigger({ step: 2, milliseconds: 6100 })).toBe("step 2 took 6.1s");
  expect(describeTrigger({ step: 2, line: "a warning" })).toBe('step 2 printed "a warning"');
  expect(stopped("until")).toEqual(["=> [3/4] RUN make"]);
  expect(stopped("interrupted")).toEqual(["interrupted at step 3"]);
});

test("commands by hand", () => {
  const edit = { id: 7, after: 2, kind: "run", command: "ls", workdir: "/", exitCode: 0, changes: [] } as const;
  const change = {
    kind: "added",
    path: "/a",
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 1,
    mtime: 0,
    target: undefined,
  } as const;
  expect(
    render([{ type: "hand-started", id: 7, command: "ls" }, output("a\n", 7, true), { type: "hand-finished", edit }]),
  ).toBe("! ls\na\n");
  expect(render([{ type: "hand-started", id: 7, command: "ls" }], { echo: false })).toBe("");
  expect(
    render([output("a", 7, true), { type: "hand-finished", edit: { ...edit, exitCode: 2, changes: [change] } }]),
  ).toBe("a\nexit code 2, 1 file changed\n");
});

test("what else happens", () => {
  const stale = steps.map((step) => ({ ...step, status: step.number > 2 ? ("stale" as const) : ("done" as const) }));
  expect(
    render([
      { type: "left-behind", of: 3, processes: [{ pid: 12, command: "sleep 100" }] },
      { type: "checkpoint", step: 3, image: "sha256:1", milliseconds: 74 },
      { type: "dockerfile-changed", steps: stale },
      { type: "restored", step: 3, replayed: [1, 2] },
      { type: "tagged", name: "app:dev", image: "sha256:0123456789abcdef" },
      { type: "launched", command: ["nginx", "-g"], addresses: ["172.17.0.2"] },
      { type: "closed", removed: true },
    ]),
  ).toBe(`\
left behind and ended: sleep 100 (12)
checkpoint after step 3 in 74ms
The session's Dockerfile changed; stale: 3-4
back at the state before step 3, ran 1-2 again
tagged app:dev (0123456789ab)
launched nginx -g at 172.17.0.2
The session is removed.
`);
});

test("the clean rebuild", () => {
  const step = (name: string, state: "started" | "done" | "cached" | "failed"): SessionEvent => {
    return { type: "build-step", name, state };
  };
  expect(
    render([
      step("[1/3] FROM debian", "started"),
      step("[1/3] FROM debian", "cached"),
      step("[2/3] COPY a b", "started"),
      step("load context", "started"),
      step("[2/3] COPY a b", "done"),
      step("load context", "done"),
      step("[3/3] RUN make", "started"),
      output("cc\n", 0, true),
      step("[3/3] RUN make", "failed"),
    ]),
  ).toBe(`\
[build] [1/3] FROM debian  cached
[build] [2/3] COPY a b
[build] load context
[build] [3/3] RUN make
cc
[build] failed: [3/3] RUN make
`);
});

test("long instructions are cut at the terminal's width", () => {
  const long = { ...steps[2]!, summary: `RUN ${"x".repeat(100)}` };
  expect(render([opened, { type: "step-started", step: long }], { columns: () => 40 }).split("\n")[1]).toBe(
    "[3/4] RUN xxxxxxxxxxxxxxxxx…",
  );
});

test("output passes through unchanged", () => {
  const renderer = createRenderer({ style: plainStyle, columns: () => undefined, echo: false });
  const data = new Uint8Array([0xff, 0x00, 0x0a]);
  expect(renderer.render({ type: "output", of: 1, hand: true, stream: "stdout", data })).toEqual([data]);
});

test("ranges", () => {
  expect(rangesOf([1, 2, 3, 7, 9, 10])).toBe("1-3, 7, 9-10");
});

test("watching tells what changed, what ran, and where the application is", () => {
  const application = { command: ["perl", "app.pl"], addresses: ["localhost:8080", "172.17.0.2:80"] };
  const replayed = { type: "replayed", ran: [2, 3, 4], milliseconds: 420, reason: "end", application } as const;
  const text = render([
    { type: "watching", folders: 1, until: undefined },
    { type: "files-changed", paths: ["app/a.pl", "Dockerfile"] },
    replayed,
    { ...replayed, ran: [], reason: undefined, application: undefined },
    { ...replayed, reason: "failure" },
    { type: "watching", folders: 0, until: 3 },
  ]);
  expect(text).toBe(`\
watching 1 folder; Ctrl-C leaves
changed: app/a.pl, Dockerfile
up to date in 420ms: steps 2-4; perl app.pl runs at localhost:8080, 172.17.0.2:80
up to date in 420ms: no step was due
waiting for the next save
looking for changes every few seconds, to replay up to step 3; Ctrl-C leaves
`);
});

test("a Dockerfile that others changed tells which steps", () => {
  const changed = (merged: boolean, numbers: readonly number[], removed: readonly string[]) => {
    return render([{ type: "dockerfile-changed", steps, outside: { merged, changed: numbers, removed } }]);
  };
  expect(changed(false, [3], [])).toBe("The Dockerfile changed on disk, taken over: step 3\n");
  expect(changed(true, [2, 3], ["EXPOSE 80"])).toBe(
    "The Dockerfile changed on disk, merged with the session's: steps 2-3; without EXPOSE 80\n",
  );
  expect(changed(false, [], [])).toBe("The Dockerfile changed on disk, taken over: comments or layout only\n");
});
