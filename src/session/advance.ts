import type { SessionCore, SessionStage } from "./core.ts";
import type { Happened } from "./history/entries.ts";
import type { JournalRecord } from "./history/records.ts";
import type { State, StateKind } from "./history/states.ts";

/** How the new state differs from the one before. */
export interface StateChange {
  readonly kind: StateKind;
  readonly label: string;
  readonly step: number | undefined;
  readonly handEdits?: readonly number[];
  /** An image of the container as it is now, where one was made by the way. */
  readonly checkpoint?: string;
}

/** Something happened in the stage's container: it holds one thing more, and the session is in a new state. */
export function advance(
  core: SessionCore,
  stage: SessionStage,
  happened: Happened,
  change: StateChange,
  records: readonly JournalRecord[] = [],
): void {
  if (core.chosenStage !== stage.index) core.chosenStage = undefined;
  const entry = stage.replay.entryFor(happened);
  const isNext = happened.kind === "step" && isNextStep(core, stage, happened.key);
  const checkpoint: readonly JournalRecord[] =
    change.checkpoint === undefined ? [] : [{ type: "checkpoint", entry: entry.id, image: change.checkpoint }];
  const tips = { ...tipsOf(core), [stage.index]: entry.id };
  const state = stateAfter(core, { ...change, stage: stage.index }, tips, isNext ? 1 : 0);
  core.ledger.record({ type: "entry", entry }, ...checkpoint, ...records, { type: "state", state });
  stage.replay.push(entry);
}

/** Another text, made by a person. @throws DockerfileError with every mistake; nothing changes then. */
export function editText(core: SessionCore, text: string, label: string): void {
  core.setText(text);
  recordChange(core, { kind: "edit", label, step: undefined, stage: core.currentStage().index });
}

/** The Dockerfile, or what stages are said to hold, changed without anything being done in a container. */
export function recordChange(core: SessionCore, change: StateChange & { readonly stage: number }): void {
  core.ledger.record({ type: "state", state: stateAfter(core, change, tipsOf(core)) });
}

function tipsOf(core: SessionCore): Record<number, number> {
  return Object.fromEntries(
    [...core.allStages].flatMap(({ index, replay }) => (replay.tip ? [[index, replay.tip.id] as const] : [])),
  );
}

/** Whether a step with this key, done now, is one more of the stage's steps. */
function isNextStep(core: SessionCore, stage: SessionStage, key: string): boolean {
  const done = core.doneCount(stage);
  return stage.replay.stepEntries.length === done && core.keysOf(stage)[done] === key;
}

function stateAfter(
  core: SessionCore,
  { kind, label, step, stage, handEdits }: StateChange & { stage: number },
  tips: State["tips"],
  justDone = 0,
): Omit<State, "text"> & { text?: string } {
  const { states } = core.ledger;
  const parent = states.count > 0 ? states.current : undefined;
  return {
    id: states.count,
    parent: parent?.id,
    kind,
    label: core.secrets.hide(label),
    step,
    stage,
    at: new Date().toISOString(),
    tips,
    handEdits: handEdits ?? parent?.handEdits ?? [],
    done: core.stages.reduce((sum, stage) => sum + core.doneCount(stage), justDone),
    total: core.stages.reduce((sum, { index }) => sum + core.plan.stages[index]!.stage.instructions.length + 1, 0),
    ...(parent?.text === core.text ? {} : { text: core.text }),
  };
}
