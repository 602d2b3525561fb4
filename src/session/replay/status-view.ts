import type { SessionCore } from "../core.ts";
import type { SessionStatus } from "../types.ts";

export function statusOf(core: SessionCore): SessionStatus {
  const stage = core.currentStage();
  const { stage: planned } = core.plan.stages[stage.index]!;
  const places = [...core.places()];
  return {
    id: core.id,
    dockerfile: core.options.dockerfilePath,
    stage: planned.name ?? String(stage.index),
    image: planned.from.image,
    container: stage.replay.container?.id,
    done: core.stages.reduce((sum, stage) => sum + core.doneCount(stage), 0),
    total: places.length,
    handEdits: core.handEdits.filter((edit) => edit.changes.length > 0).length,
    unsaved: core.text !== core.diskText,
    outside: core.outsideProblem?.error.message,
    application: core.application?.command.join(" "),
  };
}

/** Image environment and ARGs as the next RUN gets them; before FROM nothing is known. */
export function environmentOf(core: SessionCore): readonly string[] {
  const state = core.stateOf(core.currentStage());
  if (!state) return [];
  const args = state.args.flatMap(({ key, value }) => (value === undefined ? [] : [`${key}=${value}`]));
  const named = new Set(state.config.env.map((entry) => entry.slice(0, entry.indexOf("="))));
  return [...args.filter((entry) => !named.has(entry.slice(0, entry.indexOf("=")))), ...state.config.env];
}
