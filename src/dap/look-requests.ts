import type { DebugProtocol } from "@vscode/debugprotocol";
import { SlipwayError } from "../errors.ts";
import { STEP_OUTPUT } from "./dockerfile-view.ts";
import { complete, evaluate } from "./evaluate.ts";
import { describeFrame, findFrame, listFrames, listThreads } from "./frames.ts";
import type { Debugged } from "./requests.ts";
import { listScopes } from "./scopes.ts";
import { readOutput } from "./step-output.ts";

/** Requests of what there is to see, and of the console. `firstColumn`: what the editor calls it. */
export function lookRequests(debugged: Debugged, firstColumn: () => number) {
  return {
    async threads() {
      return { threads: listThreads(debugged().session) };
    },
    async stackTrace({ threadId, startFrame = 0, levels }: DebugProtocol.StackTraceArguments) {
      const { session, view } = debugged();
      const frames = listFrames(session, view, threadId - 1);
      const shown = frames.slice(startFrame, levels ? startFrame + levels : undefined);
      return { stackFrames: shown.map((frame) => describeFrame(view, threadId, frame)), totalFrames: frames.length };
    },
    async scopes({ frameId }: DebugProtocol.ScopesArguments) {
      const { session, view, variables, exclusive } = debugged();
      const frame = findFrame(session, view, frameId);
      return { scopes: frame ? listScopes(session, frame, variables, exclusive) : [] };
    },
    async variables(args: DebugProtocol.VariablesArguments) {
      return { variables: await debugged().variables.list(args) };
    },
    async exceptionInfo() {
      const { failure, session } = debugged();
      if (failure === undefined) throw new SlipwayError("DAP_NO_FAILURE", "no step has failed");
      const { number, exitCode, summary } = failure.step;
      const { lines } = await readOutput(session, number);
      return {
        exceptionId: `exit code ${exitCode}`,
        description: [`step ${number} (${summary}) failed`, failure.message].filter(Boolean).join(": "),
        breakMode: "always",
        details: { message: failure.message ?? `exit code ${exitCode}`, stackTrace: lines.slice(-20).join("\n") },
      };
    },
    async evaluate(args: DebugProtocol.EvaluateArguments) {
      return await evaluate(debugged(), args);
    },
    async completions({ text, column }: DebugProtocol.CompletionsArguments) {
      return { targets: await complete(debugged(), text.slice(0, column - firstColumn())) };
    },
    async loadedSources() {
      const { view, session } = debugged();
      const ran = session.steps().filter(({ status, summary }) => summary.startsWith("RUN") && status !== "pending");
      return { sources: [view.source(), ...ran.map(({ number }) => view.outputSource(number))] };
    },
    async source({ sourceReference }: DebugProtocol.SourceArguments) {
      const { session } = debugged();
      if (sourceReference < STEP_OUTPUT) return { content: session.text, mimeType: "text/x-dockerfile" };
      const { lines, cut } = await readOutput(session, sourceReference - STEP_OUTPUT);
      const above = cut > 0 ? [`(${cut} bytes before)`] : [];
      return { content: [...above, ...lines, ""].join("\n"), mimeType: "text/plain" };
    },
  };
}
