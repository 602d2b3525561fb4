import type { DebugProtocol } from "@vscode/debugprotocol";
import { SlipwayError } from "../errors.ts";
import { currentStage, findFrame } from "./frames.ts";
import { type Debugged, later } from "./requests.ts";
import { beginning, requireBack, stateBefore, stepsBack } from "./travel.ts";

/** Requests that run steps, or go back behind them. */
export function runRequests(debugged: Debugged) {
  async function next(): Promise<void> {
    const it = debugged();
    later(() => it.go((signal) => it.session.next(1, signal)));
  }

  return {
    next,
    stepIn: next,
    async continue() {
      const it = debugged();
      later(() => it.go((signal) => it.session.continue(signal)));
      return { allThreadsContinued: true };
    },
    /** To the end of the stage. */
    async stepOut() {
      const it = debugged();
      const stage = currentStage(it.session);
      const last = it.session.steps().findLast((step) => step.stage === stage && step.status !== "done");
      later(() => it.go((signal) => (last ? it.session.until(last.number, signal) : it.session.next(1, signal))));
    },
    async pause() {
      await debugged().pause();
    },
    async cancel() {
      debugged().interrupt();
    },

    async stepBack() {
      const it = debugged();
      requireBack(it.session);
      later(() => it.jump({ reason: "step" }, (signal) => it.session.undo(1, signal)));
    },
    /** To the last break point before here, or the beginning. */
    async reverseContinue() {
      const it = debugged();
      requireBack(it.session);
      const step = stepsBack(it.session).find((each) => it.breakpoints.stopsBefore(each) !== undefined);
      const stop = step ? it.breakpoints.describeStop(it.breakpoints.stopsBefore(step)!) : { reason: "entry" };
      const target = step ? stateBefore(it.session, step) : beginning(it.session);
      later(() => it.jump(stop, (signal) => it.session.goto(target, signal)));
    },
    async restartFrame({ frameId }: DebugProtocol.RestartFrameArguments) {
      const it = debugged();
      const frame = findFrame(it.session, it.view, frameId);
      const step = frame?.done ?? frame?.next;
      if (step === undefined) throw new SlipwayError("DAP_NO_FRAME", "there is no step to go back to");
      const target = stateBefore(it.session, step);
      later(() => it.jump({ reason: "restart" }, (signal) => it.session.goto(target, signal)));
    },
    /** Steps that were done can be gone back to. */
    async gotoTargets({ line }: DebugProtocol.GotoTargetsArguments) {
      const { view, session } = debugged();
      const instruction = view.instructionAt(view.fromEditor(line));
      const step = stepsBack(session).find(({ number }) => number === instruction?.number);
      if (step === undefined) return { targets: [] };
      return { targets: [{ id: step.number, label: `before ${step.summary}`, line: view.toEditor(step.line) }] };
    },
    async goto({ targetId }: DebugProtocol.GotoArguments) {
      const it = debugged();
      const step = stepsBack(it.session).find(({ number }) => number === targetId);
      if (step === undefined) throw new SlipwayError("DAP_NO_TARGET", `step ${targetId} was not run`);
      const target = stateBefore(it.session, step);
      later(() => it.jump({ reason: "goto" }, (signal) => it.session.goto(target, signal)));
    },
  };
}
