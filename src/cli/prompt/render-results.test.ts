import { expect, test } from "vitest";
import type { StepView } from "../../index.ts";
import type { FileChange } from "../../protocol/messages.ts";
import { plainStyle } from "../output/style.ts";
import { promptCommands } from "./commands.ts";
import { renderResult } from "./render-results.ts";
import type { CommandResult } from "./results.ts";

type Rendered = Exclude<CommandResult, { type: "step-output" }>;
const render = (result: Rendered, columns?: number) => renderResult(result, plainStyle, columns).join("\n");

function step(number: number, view: Partial<StepView>): StepView {
  return {
    number,
    stage: 0,
    stageName: undefined,
    summary: `RUN ${number}`,
    line: number,
    status: "pending",
    current: false,
    breakpoint: false,
    milliseconds: undefined,
    size: undefined,
    exitCode: undefined,
    checkpoint: undefined,
    ...view,
  };
}

function change(path: string, view: Partial<FileChange> = {}): FileChange {
  return {
    path,
    kind: "changed",
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 1200,
    mtime: 0,
    target: undefined,
    ...view,
  };
}

const steps = [
  step(1, { status: "done", milliseconds: 300, size: 117_000_000, summary: "FROM debian" }),
  step(2, { status: "failed", exitCode: 2, milliseconds: 1234, breakpoint: true, current: true }),
  step(3, { status: "stale", breakpoint: true }),
  step(10, { summary: "RUN a very long command" }),
];

test("list", () => {
  expect(render({ type: "steps", steps, around: undefined })).toBe(`\
       1   done         300ms   117MB   FROM debian
*=>    2   failed (2)    1.2s           RUN 2
*      3   stale                        RUN 3
      10   pending                      RUN a very long command`);
});

test("list N shows the steps near it, within the terminal", () => {
  expect(render({ type: "steps", steps, around: 12 }, 30)).toBe("      10   pending         R…");
});

test("status", () => {
  const status = {
    id: "k3",
    dockerfile: "/p/Dockerfile",
    stage: "build",
    image: "debian",
    container: "0123456789abcdef",
    done: 2,
    total: 9,
    handEdits: 1,
    unsaved: true,
    application: undefined,
    outside: undefined,
  };
  expect(render({ type: "status", status, breakpoints: [{ id: 1, condition: "RUN pip" }] })).toBe(`\
session        k3
Dockerfile     /p/Dockerfile (not written)
stage          build, from debian
steps          2 of 9 done
container      0123456789ab
hand edits     1
break points   1 (RUN pip)`);
});

test("diff", () => {
  const changes = [
    change("/etc/app", { type: "directory", kind: "added" }),
    change("/etc/app.conf"),
    change("/etc/link", { type: "symlink", target: "app.conf", kind: "added" }),
    change("/old", { kind: "removed" }),
  ];
  expect(
    render({ type: "changes", step: undefined, changes, patches: { "/etc/app.conf": "--- a\n+++ b\n@@\n-x\n+y\n" } }),
  ).toBe(`\
A /etc/app/
C /etc/app.conf  1.2kB
A /etc/link -> app.conf
D /old

--- a
+++ b
@@
-x
+y`);
  expect(render({ type: "changes", step: 3, changes: [], patches: undefined })).toBe("no file was changed");
});

test("adopt offers commands, files and what it would take", () => {
  const edit = { after: 2, kind: "run", workdir: "/", exitCode: 0, changes: [change("/a")] } as const;
  const edits = [
    { ...edit, id: 4, command: "apt-get install -y foo" },
    { ...edit, id: 5, command: "false", exitCode: 1, changes: [] },
  ];
  const suggested = { commands: [[4]], files: ["/etc/app.conf"] };
  expect(render({ type: "adoptable", adoptable: { edits, files: [change("/etc/app.conf")], suggested } })).toBe(`\
Commands by hand
  4   apt-get install -y foo                 1 file
  5   false                    exit code 1   0 files
Edited files
  a   C /etc/app.conf  1.2kB
Which ones, in which order? 1 3: two RUNs; 1&3: one RUN, joined with &&; a: a COPY. q: none.
Enter alone takes: 4 a`);
});

test("help lists every command, help COMMAND tells all about it", () => {
  const text = render({ type: "help", commands: promptCommands });
  for (const { name } of promptCommands) expect(text).toMatch(new RegExp(`^  ${name}\\b`, "m"));
  const next = promptCommands.filter(({ name }) => name === "next");
  expect(render({ type: "help", commands: next })).toBe(`\
next [N]   (also: n, step, s)
Run the next step, or the next N.

Stops before a break point and at a failure. An empty line repeats it.`);
});

test("small answers", () => {
  expect(render({ type: "breakpoints", breakpoints: [] })).toBe("no break points");
  expect(render({ type: "breakpoints", breakpoints: [{ id: 1, condition: "7" }] })).toBe("1   7");
  expect(render({ type: "environment", env: ["A=b"] })).toBe("A=b");
  expect(render({ type: "addresses", addresses: [{ network: "bridge", address: "172.17.0.2" }] })).toBe(
    "bridge   172.17.0.2",
  );
  expect(render({ type: "written", path: "/p", patch: "" })).toBe("/p is like this already");
  expect(render({ type: "written", path: "/p", patch: "+a\n" })).toBe("+a\nwritten /p");
  expect(render({ type: "refused", code: "X", message: "no", hint: "do" })).toBe("slipway: no\nhint: do");
});
