import { SlipwayError } from "../../errors.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import type { StateView } from "../events.ts";
import { stopApplication } from "../hand/hand-edits.ts";
import { chainTo } from "../history/entries.ts";
import type { State } from "../history/states.ts";
import { makeReady, ReplayFailure } from "./bring.ts";
import { viewState } from "./states-view.ts";
import { viewSteps } from "./steps-view.ts";

/**
 * Goes to another state: its Dockerfile, and in the stage where the work goes on a container that holds what was there.
 * What is left stays a state that can be gone back to.
 * @throws SlipwayError when it can't be had any more; the session stays where it is then.
 */
export async function moveTo(core: SessionCore, target: State, signal?: AbortSignal): Promise<StateView> {
  const from = core.ledger.states.current;
  await stopApplication(core);
  core.chosenStage = undefined;
  try {
    show(core, target);
    await makeReady(core, core.stage(target.stage), signal);
  } catch (error) {
    show(core, from);
    throw error instanceof ReplayFailure
      ? new SlipwayError("STATE_GONE", `state s${target.id} can't be had any more: ${error.message}`, { cause: error })
      : error;
  }
  core.ledger.record({ type: "move", state: target.id });
  const view = viewState(core, target);
  await core.emit({ type: "moved", state: view });
  if (from.text !== target.text) await core.emit({ type: "dockerfile-changed", steps: viewSteps(core) });
  return view;
}

/** The session says that it is in this state; the containers follow when they are needed. */
function show(core: SessionCore, state: State): void {
  const tips = new Map(Object.entries(state.tips).map(([stage, tip]) => [Number(stage), tip]));
  for (const index of tips.keys()) core.stage(index);
  for (const stage of core.allStages) stage.replay.goTo(chainTo(core.ledger.entries, tips.get(stage.index)));
  if (state.text !== core.text) core.setText(state.text);
  else core.evaluateStages();
}

/** `7`: the state after step 7 on the way to here or beyond, else the last one anywhere; `s12`: state 12. */
export function findState(core: SessionCore, target: string): State {
  const { states } = core.ledger;
  const named = /^s(\d+)$/.exec(target);
  if (named) return states.get(Number(named[1]));
  const { number, summary } = core.instruction(Number(target));
  const done = ({ kind, step }: State) => kind === "step" && step === number;
  const isHere = (state: State) => done(state) && holdsWanted(core, state);
  const found =
    states.ahead().find(isHere) ?? states.pathTo(states.current.id).findLast(isHere) ?? states.all.findLast(isHere);
  if (found) return found;
  throw new SlipwayError("STEP_NOT_DONE", `there is no state in which step ${number} (${summary}) was just done`, {
    hint: `'until ${number}' runs on to it; 'states' shows where one can go`,
  });
}

/** Steps keep their numbers when others come; what a state holds must still be what the Dockerfile says. */
function holdsWanted(core: SessionCore, state: State): boolean {
  const stage: SessionStage = core.stage(state.stage);
  const keys = core.keysOf(stage);
  const steps = chainTo(core.ledger.entries, state.tips[state.stage]).filter((entry) => entry.kind === "step");
  return steps.every((step, index) => step.key === keys[index]);
}
