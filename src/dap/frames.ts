import type { DebugProtocol } from "@vscode/debugprotocol";
import type { StepView } from "../session/events.ts";
import type { Session } from "../session/types.ts";
import type { DockerfileView } from "./dockerfile-view.ts";

/**
 * A stage is a thread. Its stack is the image's: on top the step that runs next, below it the steps that it stands on, down
 * to FROM, and through a FROM that names a stage on to that one's.
 */
export interface Frame {
  readonly stage: number;
  /** Undefined: the end of the stage, nothing is left to run. */
  readonly next: StepView | undefined;
  /** The step that this frame is about, where it is not the next one. */
  readonly done: StepView | undefined;
}

/** Frame ids are unique over all threads: the stage, and the step's number or 0 for the end. */
const STEPS_PER_STAGE = 100_000;

export function threadOf(stage: number): number {
  return stage + 1;
}

/** Stages that the target needs, in the order of the file. */
export function listThreads(session: Session): DebugProtocol.Thread[] {
  const stages = new Map<number, string>();
  for (const { stage, stageName, status } of session.steps()) {
    if (stage >= 0 && status !== "skipped") stages.set(stage, `stage ${stageName ?? stage}`);
  }
  return [...stages].map(([stage, name]) => ({ id: threadOf(stage), name }));
}

/** The stage in whose container a person works now. */
export function currentStage(session: Session): number {
  const { stage } = session.status();
  return (
    session.steps().find((step) => step.stage >= 0 && (step.stageName ?? String(step.stage)) === stage)?.stage ?? 0
  );
}

export function listFrames(session: Session, view: DockerfileView, stage: number): Frame[] {
  const steps = session.steps().filter((step) => step.stage === stage);
  const next = steps.find((step) => step.status !== "done");
  const frames: Frame[] = [{ stage, next, done: undefined }];
  const done = next === undefined ? steps : steps.slice(0, steps.indexOf(next));
  for (const step of done.toReversed()) frames.push({ stage, next: undefined, done: step });
  const below = view.stageBelow(stage);
  // What the stage below has not done yet is not below this one yet.
  if (below === undefined || done.length === 0) return frames;
  return [...frames, ...listFrames(session, view, below).filter((frame) => frame.done !== undefined)];
}

export function findFrame(session: Session, view: DockerfileView, id: number): Frame | undefined {
  const stage = Math.floor(id / STEPS_PER_STAGE);
  const number = id % STEPS_PER_STAGE;
  return listFrames(session, view, stage).find((frame) => ((frame.done ?? frame.next)?.number ?? 0) === number);
}

export function describeFrame(view: DockerfileView, thread: number, frame: Frame): DebugProtocol.StackFrame {
  const step = frame.done ?? frame.next;
  const stage = thread - 1;
  const instruction = step && view.instruction(step.number);
  if (step === undefined || instruction === undefined) {
    const last = view.dockerfile.stages[frame.stage]?.instructions.at(-1) ?? view.dockerfile.stages[frame.stage]?.from;
    const line = view.toEditor(last?.range.end.line ?? 1);
    return { id: stage * STEPS_PER_STAGE, name: "all steps are done", line, column: 0, source: view.source() };
  }
  const { start, end } = instruction.range;
  return {
    id: stage * STEPS_PER_STAGE + step.number,
    name: step.status === "failed" ? `${step.summary} (failed)` : step.summary,
    source: view.source(),
    line: view.toEditor(start.line),
    column: start.column - 1 + view.toEditor(1),
    endLine: view.toEditor(end.line),
    endColumn: end.column - 1 + view.toEditor(1),
    canRestart: frame.done !== undefined,
  };
}
