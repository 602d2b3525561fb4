import { ExitCode, SlipwayError } from "../errors.ts";
import type { StateView, StepView } from "../session/events.ts";
import type { Session } from "../session/types.ts";

/** The target of `goto` for the state in which a step was still to run: as it was then, hand edits before it included. */
export function stateBefore(session: Session, step: StepView): string {
  const path = pathHere(session);
  if (step.status !== "done") return nameOf(path[0]);
  const ran = path.find((state) => state.kind === "step" && state.step === step.number && state.label === step.summary);
  if (ran?.parent !== undefined) return `s${ran.parent}`;
  // An edit moved the numbers since: the step before it is still known.
  const earlier = session.steps().findLast(({ stage, number }) => stage === step.stage && number < step.number);
  return earlier === undefined ? nameOf(path.at(-1)) : String(earlier.number);
}

/** Steps that were done on the way to here, the last one first. */
export function stepsBack(session: Session): readonly StepView[] {
  const steps = session.steps();
  const numbers = pathHere(session).flatMap(({ kind, step }) => (kind === "step" && step !== undefined ? [step] : []));
  return numbers.flatMap((number) => steps.find((step) => step.number === number && step.status === "done") ?? []);
}

/** @throws SlipwayError DAP_BEGINNING */
export function requireBack(session: Session): void {
  if (pathHere(session).length > 1) return;
  throw new SlipwayError("DAP_BEGINNING", "this is the beginning", { exitCode: ExitCode.usage });
}

export function beginning(session: Session): string {
  return nameOf(pathHere(session).at(-1));
}

/** From the present state back to the beginning. */
function pathHere(session: Session): readonly StateView[] {
  const states = new Map(session.states().map((state) => [state.id, state]));
  const path: StateView[] = [];
  let state = [...states.values()].find(({ current }) => current);
  while (state !== undefined) {
    path.push(state);
    state = state.parent === undefined ? undefined : states.get(state.parent);
  }
  return path;
}

function nameOf(state: StateView | undefined): string {
  return `s${state?.id ?? 0}`;
}
