import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { ExitCode, SlipwayError } from "../errors.ts";
import { capabilities } from "./capabilities.ts";
import type { Client, Handler } from "./connection.ts";
import { Debuggee } from "./debuggee.ts";
import { SESSION_TEXT, STEP_OUTPUT } from "./dockerfile-view.ts";
import { complete, evaluate } from "./evaluate.ts";
import { currentStage, describeFrame, findFrame, listFrames, listThreads } from "./frames.ts";
import { type Attach, type Launch, type OpenSession, parseAttach, parseLaunch } from "./launch.ts";
import { listScopes, outputLines } from "./scopes.ts";
import { beginning, requireBack, stateBefore, stepsBack } from "./travel.ts";

/** The requests of one editor. */
export interface Adapter {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** The editor went away: the session is left as it is asked to be, or stays. */
  leave(): Promise<void>;
}

export function createAdapter(client: Client, open: OpenSession): Adapter {
  let firstLine = 1;
  let current: Debuggee | undefined;

  function debuggee(): Debuggee {
    if (current) return current;
    throw new SlipwayError("DAP_NOT_LAUNCHED", "nothing is debugged yet", {
      hint: "send launch or attach first",
      exitCode: ExitCode.usage,
    });
  }

  async function start(settings: Launch | Attach): Promise<Debuggee> {
    const it = new Debuggee(await open(settings), settings, client, firstLine);
    for (const loss of it.session.losses) await client.send("output", { category: "important", output: `${loss}\n` });
    current = it;
    return it;
  }

  async function end(keep: boolean | undefined): Promise<void> {
    const ended = current;
    current = undefined;
    await ended?.end({ keep: keep ?? ended.settings.kind === "attach" });
  }

  /** After the response to the request at hand. */
  const later = (work: () => void) => void setImmediate(work);

  const handlers = {
    async initialize({ linesStartAt1 }: DebugProtocol.InitializeRequestArguments) {
      firstLine = linesStartAt1 === false ? 0 : 1;
      return capabilities;
    },
    async launch(args: object) {
      await start(parseLaunch(args));
      later(() => void client.send("initialized"));
    },
    async attach(args: object) {
      await start(parseAttach(args));
      later(() => void client.send("initialized"));
    },
    async configurationDone() {
      const it = debuggee();
      later(() => void it.begin());
    },
    async restart(args: { readonly arguments?: object }) {
      const { settings, breakpoints, stopsAtFailure } = debuggee();
      await end(undefined);
      const again = args.arguments ?? settings;
      const it = await start(settings.kind === "launch" ? parseLaunch(again) : parseAttach(again));
      it.stopsAtFailure = stopsAtFailure;
      for (const breakpoint of await it.breakpoints.takeOver(breakpoints)) {
        await client.send("breakpoint", { reason: "changed", breakpoint });
      }
      later(() => void it.begin());
    },
    async terminate() {
      await end(undefined);
      await client.send("terminated");
    },
    async disconnect({ terminateDebuggee }: DebugProtocol.DisconnectArguments) {
      await end(terminateDebuggee === undefined ? undefined : !terminateDebuggee);
    },

    async setBreakpoints({ source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments) {
      const { breakpoints: held, session, settings } = debuggee();
      const isOurs =
        source.sourceReference === SESSION_TEXT || resolve(source.path ?? "") === session.status().dockerfile;
      if (!isOurs || settings.noDebug) {
        const message = isOurs
          ? "the session runs without debugging"
          : `the session is of ${session.status().dockerfile}`;
        return { breakpoints: breakpoints.map(({ line }) => ({ verified: false, line, message })) };
      }
      return { breakpoints: await held.setLines(breakpoints) };
    },
    async breakpointLocations({ line, endLine }: DebugProtocol.BreakpointLocationsArguments) {
      const { view } = debuggee();
      const [first, last] = [view.fromEditor(line), view.fromEditor(endLine ?? line)];
      const starts = view.dockerfile.instructions.map(({ range }) => range.start.line);
      const within = starts.filter((start) => first <= start && start <= last);
      return { breakpoints: within.map((start) => ({ line: view.toEditor(start) })) };
    },
    async setFunctionBreakpoints({ breakpoints }: DebugProtocol.SetFunctionBreakpointsArguments) {
      return { breakpoints: await debuggee().breakpoints.setFunctions(breakpoints) };
    },
    async dataBreakpointInfo({ variablesReference, name }: DebugProtocol.DataBreakpointInfoArguments) {
      const shown = variablesReference ? await debuggee().variables.find(variablesReference, name) : undefined;
      const path = shown?.path ?? (name.startsWith("/") ? name : undefined);
      if (path === undefined) return { dataId: null, description: "only files of the image can be watched" };
      return { dataId: path, description: path, accessTypes: ["write"], canPersist: true };
    },
    async setDataBreakpoints({ breakpoints }: DebugProtocol.SetDataBreakpointsArguments) {
      return { breakpoints: await debuggee().breakpoints.setData(breakpoints) };
    },
    async setExceptionBreakpoints({ filters }: DebugProtocol.SetExceptionBreakpointsArguments) {
      debuggee().stopsAtFailure = filters.includes("failure");
    },
    async exceptionInfo() {
      const { failure, session } = debuggee();
      if (failure === undefined) throw new SlipwayError("DAP_NO_FAILURE", "no step has failed");
      const { number, exitCode, summary } = failure.step;
      const printed = (await outputLines(session, number)).slice(-20).join("\n");
      return {
        exceptionId: `exit code ${exitCode}`,
        description: [`step ${number} (${summary}) failed`, failure.message].filter(Boolean).join(": "),
        breakMode: "always",
        details: { message: failure.message ?? `exit code ${exitCode}`, stackTrace: printed },
      };
    },

    async threads() {
      return { threads: listThreads(debuggee().session) };
    },
    async stackTrace({ threadId, startFrame = 0, levels }: DebugProtocol.StackTraceArguments) {
      const { session, view } = debuggee();
      const frames = listFrames(session, view, threadId - 1);
      const shown = frames.slice(startFrame, levels ? startFrame + levels : undefined);
      return { stackFrames: shown.map((frame) => describeFrame(view, threadId, frame)), totalFrames: frames.length };
    },
    async scopes({ frameId }: DebugProtocol.ScopesArguments) {
      const { session, view, variables, exclusive } = debuggee();
      const frame = findFrame(session, view, frameId);
      return { scopes: frame ? listScopes(session, frame, variables, exclusive) : [] };
    },
    async variables(args: DebugProtocol.VariablesArguments) {
      return { variables: await debuggee().variables.list(args) };
    },
    async evaluate(args: DebugProtocol.EvaluateArguments) {
      return await evaluate(debuggee(), args);
    },
    async completions({ text, column }: DebugProtocol.CompletionsArguments) {
      // As for lines: the first column may be 0.
      return { targets: await complete(debuggee(), text.slice(0, column - firstLine)) };
    },
    async loadedSources() {
      const { view, session } = debuggee();
      const ran = session.steps().filter(({ status, summary }) => summary.startsWith("RUN") && status !== "pending");
      return { sources: [view.source(), ...ran.map(({ number }) => view.outputSource(number))] };
    },
    async source({ sourceReference }: DebugProtocol.SourceArguments) {
      const { session } = debuggee();
      if (sourceReference < STEP_OUTPUT) return { content: session.text, mimeType: "text/x-dockerfile" };
      return { content: await text(await session.output(sourceReference - STEP_OUTPUT)), mimeType: "text/plain" };
    },

    async continue() {
      const it = debuggee();
      later(() => it.go((signal) => it.session.continue(signal)));
      return { allThreadsContinued: true };
    },
    async next() {
      const it = debuggee();
      later(() => it.go((signal) => it.session.next(1, signal)));
    },
    async stepIn() {
      await handlers.next();
    },
    /** To the end of the stage. */
    async stepOut() {
      const it = debuggee();
      const stage = currentStage(it.session);
      const last = it.session.steps().findLast((step) => step.stage === stage && step.status !== "done");
      later(() => it.go((signal) => (last ? it.session.until(last.number, signal) : it.session.next(1, signal))));
    },
    async stepBack() {
      const it = debuggee();
      requireBack(it.session);
      later(() => it.jump({ reason: "step" }, (signal) => it.session.undo(1, signal)));
    },
    /** To the last break point before here, or the beginning. */
    async reverseContinue() {
      const it = debuggee();
      requireBack(it.session);
      const step = stepsBack(it.session).find((each) => it.breakpoints.stopsBefore(each) !== undefined);
      const stop = step ? it.breakpoints.describeStop(it.breakpoints.stopsBefore(step)!) : { reason: "entry" };
      const target = step ? stateBefore(it.session, step) : beginning(it.session);
      later(() => it.jump(stop, (signal) => it.session.goto(target, signal)));
    },
    async restartFrame({ frameId }: DebugProtocol.RestartFrameArguments) {
      const it = debuggee();
      const frame = findFrame(it.session, it.view, frameId);
      const step = frame?.done ?? frame?.next;
      if (step === undefined) throw new SlipwayError("DAP_NO_FRAME", "there is no step to go back to");
      const target = stateBefore(it.session, step);
      later(() => it.jump({ reason: "restart" }, (signal) => it.session.goto(target, signal)));
    },
    /** Steps that were done can be gone back to. */
    async gotoTargets({ line }: DebugProtocol.GotoTargetsArguments) {
      const { view, session } = debuggee();
      const instruction = view.instructionAt(view.fromEditor(line));
      const step = stepsBack(session).find(({ number }) => number === instruction?.number);
      if (step === undefined) return { targets: [] };
      return { targets: [{ id: step.number, label: `before ${step.summary}`, line: view.toEditor(step.line) }] };
    },
    async goto({ targetId }: DebugProtocol.GotoArguments) {
      const it = debuggee();
      const step = stepsBack(it.session).find(({ number }) => number === targetId);
      if (step === undefined) throw new SlipwayError("DAP_NO_TARGET", `step ${targetId} was not run`);
      const target = stateBefore(it.session, step);
      later(() => it.jump({ reason: "goto" }, (signal) => it.session.goto(target, signal)));
    },
    async pause() {
      await debuggee().pause();
    },
    async cancel() {
      debuggee().interrupt();
    },
  };
  return { handlers: handlers as unknown as Readonly<Record<string, Handler>>, leave: async () => await end(true) };
}
