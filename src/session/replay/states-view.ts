import type { SessionCore } from "../core.ts";
import type { StateView } from "../events.ts";
import type { State } from "../history/states.ts";

/** Every state that the session was in, oldest first. */
export function viewStates(core: SessionCore): readonly StateView[] {
  return core.ledger.states.all.map((state) => viewState(core, state));
}

export function viewState(core: SessionCore, state: State): StateView {
  const { id, parent, kind, label, step, stage, at, tips } = state;
  const tip = tips[stage];
  return {
    id,
    parent,
    kind,
    label,
    step,
    stage,
    at,
    image: tip === undefined ? undefined : core.ledger.checkpoints.get(tip),
    current: core.ledger.states.current.id === id,
  };
}
