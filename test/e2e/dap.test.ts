import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { expect, test } from "vitest";
import { Editor, makeProject, type Project } from "./dap-client.ts";
import { program, slipway } from "./program.ts";

const dockerfile = `FROM debian:bookworm AS tool
RUN mkdir /opt/tool && \\
  echo 1 > /opt/tool/version

FROM debian:bookworm
ARG LEVEL=3
ENV MODE=test HOME=/root
WORKDIR /srv
COPY --from=tool /opt/tool /opt/tool
RUN echo mode $MODE level $LEVEL; echo careful >&2; cp /opt/tool/version /srv/version
RUN echo done
CMD ["sleep", "1"]
`;

test("stops at line break points, shows the image's stack and variables, and steps on", async () => {
  await using project = await makeProject(dockerfile);
  await using editor = await Editor.open(project);
  let answered: unknown;
  const stop = await editor.begin({ dockerfile: project.dockerfile, args: ["--build-arg", "LEVEL=5"] }, async () => {
    const set = await editor.setBreakpointsRequest({
      source: { path: project.dockerfile },
      breakpoints: [{ line: 3 }, { line: 10 }, { line: 99 }],
    });
    answered = set.body.breakpoints;
  });
  expect(answered).toMatchObject([
    { verified: true, line: 2 },
    { verified: true, line: 10 },
    { verified: false, message: expect.stringContaining("no instruction") },
  ]);
  expect(stop).toMatchObject({ reason: "breakpoint", threadId: 1, allThreadsStopped: true });
  expect((await editor.threadsRequest()).body.threads).toEqual([
    { id: 1, name: "stage tool" },
    { id: 2, name: "stage 1" },
  ]);
  expect((await editor.frames(1)).map(({ line }) => line)).toEqual([2, 1]);

  expect(await editor.stopAfter(() => editor.continueRequest({ threadId: 1 }))).toMatchObject({ threadId: 2 });
  const frames = await editor.frames(2);
  expect(frames.map(({ name }) => name.split(" ")[0])).toEqual(["RUN", "COPY", "WORKDIR", "ENV", "ARG", "FROM"]);
  expect(frames[0]).toMatchObject({ line: 10, source: { path: project.dockerfile } });
  const environment = await editor.scope(frames[0], "Environment");
  expect(environment).toContainEqual(expect.objectContaining({ name: "MODE", value: "test", evaluateName: "$MODE" }));
  expect(await editor.scope(frames[0], "Arguments")).toMatchObject([{ name: "LEVEL", value: "5" }]);
  expect(await editor.scope(frames[0], "Configuration")).toContainEqual(
    expect.objectContaining({ name: "WORKDIR", value: "/srv" }),
  );
  const copied = await editor.scope(frames[1], "Changed files");
  expect(copied).toMatchObject([{ name: "opt/tool/", value: expect.stringContaining("added") }]);
  const [file] = await editor.children(copied[0]!.variablesReference);
  expect(file).toMatchObject({ name: "version", value: expect.stringMatching(/^added, 2B/) });
  expect((await editor.children(file!.variablesReference)).map(({ value }) => value)).toContain("+1");

  expect(await editor.stopAfter(() => editor.nextRequest({ threadId: 2 }))).toMatchObject({ reason: "step" });
  expect(editor.outputOf("stdout")).toBe("mode test level 5\n");
  expect(editor.outputOf("stderr")).toBe("careful\n");
  const [next, ran] = await editor.frames(2);
  expect(next).toMatchObject({ line: 11 });
  const step = await editor.scope(ran, "Step");
  const output = step.find(({ name }) => name === "output");
  expect((await editor.children(output!.variablesReference)).map(({ value }) => value)).toEqual([
    "mode test level 5",
    "careful",
  ]);

  expect(await editor.stopAfter(() => editor.continueRequest({ threadId: 2 }))).toMatchObject({
    description: "All steps are done",
  });
  const end = Promise.all([editor.waitForEvent("exited"), editor.waitForEvent("terminated")]);
  await editor.continueRequest({ threadId: 2 });
  expect((await end)[0].body).toEqual({ exitCode: 0 });
});

test("stops after steps for what they did: conditions, patterns, files", async () => {
  await using project = await makeProject(`FROM debian:bookworm
RUN mkdir /etc/app && echo 1 > /etc/app/a.conf
RUN head -c 3000000 /dev/zero > /three
RUN echo 2 > /etc/app/a.conf
RUN true
`);
  await using editor = await Editor.open(project);
  const answers: DebugProtocol.Breakpoint[] = [];
  const set = await editor.begin({ dockerfile: project.dockerfile }, async () => {
    const lines = [
      { line: 3, condition: "larger 2MB" },
      { line: 4, condition: "if-bigger 2MB" },
    ];
    const source = { path: project.dockerfile };
    answers.push(...(await editor.setBreakpointsRequest({ source, breakpoints: lines })).body.breakpoints);
    const functions = [{ name: "RUN mkdir" }, { name: "RUN nothing" }];
    answers.push(...(await editor.setFunctionBreakpointsRequest({ breakpoints: functions })).body.breakpoints);
  });
  expect(answers).toMatchObject([
    { verified: true },
    { verified: false, message: expect.stringContaining("break does not know if-bigger") },
    { verified: true },
    { verified: false, message: expect.stringContaining("no instruction matches") },
  ]);
  expect(set).toMatchObject({ reason: "function breakpoint", hitBreakpointIds: [answers[2]!.id] });

  expect(await editor.stopAfter(() => editor.continueRequest({ threadId: 1 }))).toMatchObject({
    reason: "breakpoint",
    hitBreakpointIds: [answers[0]!.id],
    text: "step 3 added 3MB",
  });
  const [next, , mkdir] = await editor.frames(1);
  expect(next).toMatchObject({ line: 4 });
  const { scopes } = (await editor.scopesRequest({ frameId: mkdir!.id })).body;
  const { variablesReference } = scopes.find(({ name }) => name === "Changed files")!;
  const [folder] = await editor.children(variablesReference);
  const info = await editor.dataBreakpointInfoRequest({ variablesReference, name: folder!.name });
  expect(info.body).toMatchObject({ dataId: "/etc/app", accessTypes: ["write"] });
  const watched = await editor.setDataBreakpointsRequest({ breakpoints: [{ dataId: info.body.dataId! }] });
  expect(watched.body.breakpoints).toMatchObject([{ verified: true }]);
  expect(await editor.stopAfter(() => editor.continueRequest({ threadId: 1 }))).toMatchObject({
    reason: "data breakpoint",
    text: "step 4 changed /etc/app/a.conf",
  });
});

test("a failing step is an exception; commands are evaluated in its state, and a session with hand edits stays", async () => {
  await using project = await makeProject(`FROM debian:bookworm\nENV MODE=test\nRUN test -e /fixed\nRUN true\n`);
  await using editor = await Editor.open(project);
  expect(await editor.begin({ dockerfile: project.dockerfile })).toMatchObject({
    reason: "exception",
    description: "Step 3 failed with exit code 1",
  });
  const info = await editor.exceptionInfoRequest({ threadId: 1 });
  expect(info.body).toMatchObject({ exceptionId: "exit code 1", breakMode: "always" });
  expect((await editor.frames(1))[0]).toMatchObject({ line: 3, name: "RUN test -e /fixed (failed)" });

  const evaluate = async (expression: string, context: string) =>
    (await editor.evaluateRequest({ expression, context })).body.result;
  expect(await evaluate("MODE", "hover")).toBe("test");
  expect(await evaluate(`\${MODE:+is set}`, "watch")).toBe("is set");
  await expect(evaluate("NOTHING", "hover")).rejects.toThrow("not in the environment");
  expect(await evaluate("echo here; exit 3", "repl")).toBe("exit code 3");
  expect(editor.outputOf("stdout")).toBe("here\n");
  expect(await evaluate("touch /fixed", "repl")).toBe("1 file changed");
  expect(await evaluate(":status", "repl")).toContain("hand edits");
  const completed = await editor.completionsRequest({ text: ":adopt --a", column: 11 });
  expect(completed.body.targets).toMatchObject([{ label: "--all" }]);
  const [frame] = await editor.frames(1);
  expect(await editor.scope(frame, "Changed by hand")).toMatchObject([{ name: "fixed" }]);

  await editor.disconnectRequest();
  const [, id] = /slipway hack --resume (\S+)/.exec(editor.outputOf("console")) ?? [];
  await using again = await Editor.open(project);
  const stopped = again.waitForEvent("stopped");
  await Promise.all([again.waitForEvent("initialized"), again.initializeRequest().then(() => again.attachRequest({}))]);
  await again.setExceptionBreakpointsRequest({ filters: ["failure"] });
  await again.configurationDoneRequest();
  expect((await stopped).body).toMatchObject({ reason: "exception" });
  expect((await again.evaluateRequest({ expression: ":status", context: "repl" })).body.result).toContain(id);
  await again.disconnectRequest({ terminateDebuggee: true });
  const left = await slipway(["hack", "--resume", id!], {
    cwd: project.folder,
    env: project.env,
    input: "quit --rm\n",
  });
  expect(left.stdout).toContain("The session is removed.");
});

test("a pause takes effect before the next step, a second one ends the step", async () => {
  await using project = await makeProject(`FROM debian:bookworm\nRUN echo up; sleep 2\nRUN echo up; sleep 100\n`);
  await using editor = await Editor.open(project);
  expect(await editor.begin({ dockerfile: project.dockerfile, stopOnEntry: true })).toMatchObject({ reason: "entry" });
  await editor.continueRequest({ threadId: 1 });
  await editor.printed("up\n");
  expect(await editor.stopAfter(() => editor.pauseRequest({ threadId: 1 }))).toMatchObject({ reason: "pause" });
  expect((await editor.frames(1))[0]).toMatchObject({ line: 3 });
  await editor.continueRequest({ threadId: 1 });
  await editor.printed("up\nup\n");
  await expect(editor.evaluateRequest({ expression: "true", context: "repl" })).rejects.toThrow("steps are running");
  await editor.pauseRequest({ threadId: 1 });
  expect(await editor.stopAfter(() => editor.pauseRequest({ threadId: 1 }))).toMatchObject({ reason: "pause" });
  expect((await editor.frames(1))[0]).toMatchObject({ line: 3 });
});

test("goes back: one step, to a break point, to a line, to a frame; the same is there again", async () => {
  await using project = await makeProject(`FROM debian:bookworm
RUN echo 2 >> /steps
RUN echo 3 >> /steps
RUN echo 4 >> /steps
RUN echo 5 >> /steps
`);
  await using editor = await Editor.open(project);
  const threadId = 1;
  const source = { path: project.dockerfile };
  await editor.begin({ dockerfile: project.dockerfile });
  const steps = async () => {
    editor.shown.length = 0;
    await editor.evaluateRequest({ expression: "cat /steps", context: "repl" });
    const [{ line }] = (await editor.frames(threadId)) as [DebugProtocol.StackFrame];
    return { line, steps: editor.outputOf("stdout").replaceAll("\n", "") };
  };
  expect(await steps()).toEqual({ line: 5, steps: "2345" });
  expect(await editor.stopAfter(() => editor.stepBackRequest({ threadId }))).toMatchObject({ reason: "step" });
  expect(await steps()).toEqual({ line: 5, steps: "234" });

  await editor.setBreakpointsRequest({ source, breakpoints: [{ line: 3 }] });
  expect(await editor.stopAfter(() => editor.reverseContinueRequest({ threadId }))).toMatchObject({
    reason: "breakpoint",
  });
  expect(await steps()).toEqual({ line: 3, steps: "2" });
  await editor.stopAfter(() => editor.continueRequest({ threadId }));
  expect(await steps()).toEqual({ line: 5, steps: "2345" });

  const { targets } = (await editor.gotoTargetsRequest({ source, line: 4 })).body;
  expect(targets).toMatchObject([{ label: "before RUN echo 4 >> /steps", line: 4 }]);
  expect(await editor.stopAfter(() => editor.gotoRequest({ threadId, targetId: targets[0]!.id }))).toMatchObject({
    reason: "goto",
  });
  expect(await steps()).toEqual({ line: 4, steps: "23" });
  const frame = (await editor.frames(threadId)).find(({ line }) => line === 2);
  expect(await editor.stopAfter(() => editor.restartFrameRequest({ frameId: frame!.id }))).toMatchObject({
    reason: "restart",
  });
  expect((await editor.frames(threadId)).map(({ line }) => line)).toEqual([2, 1]);
  expect(await editor.stopAfter(() => editor.reverseContinueRequest({ threadId }))).toMatchObject({ reason: "entry" });
  await expect(editor.stepBackRequest({ threadId })).rejects.toThrow("this is the beginning");
  await editor.stopAfter(() => editor.continueRequest({ threadId }));
  expect((await editor.frames(threadId))[0]!.line).toBe(3);
});

test("a Dockerfile that is saved meanwhile is taken over, with break points where its lines are now", async () => {
  await using project = await makeProject("FROM debian:bookworm\nRUN echo one\nRUN echo two\n");
  await using editor = await Editor.open(project);
  const source = { path: project.dockerfile };
  await editor.begin({ dockerfile: project.dockerfile }, () =>
    editor.setBreakpointsRequest({ source, breakpoints: [{ line: 3 }] }),
  );
  const changed = editor.waitForEvent("loadedSource");
  await writeFile(project.dockerfile, "FROM debian:bookworm\nRUN echo one\n\n# More\nRUN echo 2\nRUN seq 300000\n");
  expect((await changed).body).toMatchObject({ reason: "changed", source });
  expect((await editor.frames(1)).map(({ line }) => line)).toEqual([5, 2, 1]);
  const set = await editor.setBreakpointsRequest({ source, breakpoints: [{ line: 6 }] });
  expect(set.body.breakpoints).toMatchObject([{ verified: true, line: 6 }]);
  await editor.stopAfter(() => editor.continueRequest({ threadId: 1 }));
  expect(editor.outputOf("stdout")).toBe("one\n2\n");

  await editor.stopAfter(() => editor.nextRequest({ threadId: 1 }));
  const { sources } = (await editor.customRequest("loadedSources")).body;
  expect(sources.map(({ name }: DebugProtocol.Source) => name)).toEqual([
    "Dockerfile",
    "output of step 2",
    "output of step 3",
    "output of step 4",
  ]);
  const { sourceReference } = sources.at(-1);
  const { content } = (await editor.sourceRequest({ source: sources.at(-1), sourceReference })).body;
  expect(content).toMatch(/^\(\d+ bytes before\)\n\d+\n/);
  expect(content.endsWith("299999\n300000\n")).toBe(true);
});

test("restarts with its break points, and without a failure as a stop that is the end", async () => {
  await using project = await makeProject(`FROM debian:bookworm\nRUN echo one\nRUN exit 7\n`);
  await using editor = await Editor.open(project);
  const args = { dockerfile: project.dockerfile };
  const stop = await editor.begin(args, async () => {
    const source = { path: project.dockerfile };
    await editor.setBreakpointsRequest({ source, breakpoints: [{ line: 2 }] });
    await editor.setExceptionBreakpointsRequest({ filters: [] });
  });
  expect(await editor.stopAfter(() => editor.restartRequest({}))).toEqual(stop);
  const exited = editor.waitForEvent("exited");
  await editor.continueRequest({ threadId: 1 });
  expect((await exited).body).toEqual({ exitCode: 7 });
});

test("mistakes of the launch configuration and of the Dockerfile are told", async () => {
  await using project = await makeProject("FROM debian:bookworm\nRAN oops\n");
  await using editor = await Editor.open(project);
  await editor.initializeRequest();
  await expect(editor.launchRequest({ dockerfile: 7 } as never)).rejects.toThrow("dockerfile: Invalid input");
  await expect(editor.launchRequest({ args: ["--nonsense"] } as never)).rejects.toThrow("unknown option '--nonsense'");
  await expect(editor.launchRequest({} as never)).rejects.toThrow("RAN");
  await expect(editor.threadsRequest()).rejects.toThrow("nothing is debugged yet");
  await expect(editor.customRequest("nonsense")).rejects.toThrow("nonsense is not supported");
});

test("editors of the same user connect to a port and to a socket, web pages don't", async () => {
  await using project = await makeProject("FROM debian:bookworm\nRUN echo hello\n");
  await using adapter = await listen(project, ["--listen", "127.0.0.1:0"]);
  const port = Number(adapter.address.split(":").at(-1));
  const posted = request({ port, host: "127.0.0.1", method: "POST" });
  const failed = once(posted, "error");
  posted.end('{"seq":1,"type":"request","command":"initialize","arguments":{}}');
  expect((await failed)[0]).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  await using editor = await Editor.open(project, port);
  await using other = await Editor.open(project, port);
  for (const each of [editor, other]) {
    expect(await each.begin({ dockerfile: project.dockerfile, stopOnEntry: true })).toMatchObject({ reason: "entry" });
  }
  await editor.stopAfter(() => editor.continueRequest({ threadId: 1 }));
  expect(editor.outputOf("stdout")).toBe("hello\n");
  expect(other.outputOf("stdout")).toBe("");

  const path = join(project.folder, "dap.sock");
  await using local = await listen(project, ["--listen", "./dap.sock"]);
  expect(local.address).toBe(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const socket = connect(path);
  await using third = await Editor.open(project, socket);
  expect(await third.begin({ dockerfile: project.dockerfile })).toMatchObject({ description: "All steps are done" });
});

test("an editor that is lost leaves its session to be taken up", async () => {
  await using project = await makeProject("FROM debian:bookworm\nRUN echo hello\n");
  {
    await using adapter = await listen(project, ["--listen", "./dap.sock"]);
    const socket = connect(adapter.address);
    await using editor = await Editor.open(project, socket);
    await editor.begin({ dockerfile: project.dockerfile, stopOnEntry: true });
    await editor.stopAfter(() => editor.nextRequest({ threadId: 1 }));
    socket.destroy();
    editor.disconnectRequest = () => Promise.reject(new Error("nobody is there"));
  }
  const taken = await slipway(["hack", "--resume", "--json", "."], {
    cwd: project.folder,
    env: project.env,
    input: "continue\nquit --rm\n",
  });
  expect(taken.stdout).toContain('"resumed":true');
  expect(taken.stdout).toContain('"text":"hello\\n"');
});

test("other machines can't be let in", async () => {
  const { exitCode, stderr } = await slipway(["dap", "--listen", "0.0.0.0:4711"]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("0.0.0.0 is no address of this machine alone");
});

/** An adapter that waits for editors. */
async function listen(project: Project, words: readonly string[]) {
  const child = spawn(process.execPath, [program, "dap", ...words], { cwd: project.folder, env: project.env });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const exited = once(child, "exit");
  return {
    address: String(line).trim().replace("listening on ", ""),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
