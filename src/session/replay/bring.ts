import { inspectImage } from "../../engine/images.ts";
import { SlipwayError } from "../../errors.ts";
import { restoreFromCache } from "../cache/engine-cache.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { type Entry, type StepEntry, stepsOf } from "../history/entries.ts";
import { startImage } from "../images/base-image.ts";
import { checkpointStep } from "./checkpoint-step.ts";
import { contextInputs } from "./context-inputs.ts";
import { performOperation } from "./perform.ts";
import type { WantedStep } from "./wanted-steps.ts";

/** A step that had to be run again to come to a state did not do what it did before. */
export class ReplayFailure extends SlipwayError {
  /** What the stage held before it. */
  readonly before: readonly Entry[];

  constructor(message: string, before: readonly Entry[]) {
    super("REPLAY_FAILED", message, {
      hint: "it leans on something that is different now; 'states' shows the states that are kept as images",
    });
    this.before = before;
  }
}

/**
 * Makes the stage's container hold what the stage is said to hold. Steps that are in no image are run again, as they were:
 * their numbers are the answer.
 * @throws ReplayFailure
 */
export async function makeReady(
  core: SessionCore,
  stage: SessionStage,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  const { replay } = stage;
  if (replay.isReady) return [];
  await restoreFromCache(core, stage, signal);
  const missing = await replay.bring(signal);
  stage.unscanned = undefined;
  const replayed: number[] = [];
  let startedAt = performance.now();
  for (const entry of missing) {
    const number = await runAgain(core, stage, entry, signal);
    if (number !== undefined) replayed.push(number);
    replay.redone(entry);
    // What had to be done a second time is likely wanted a third time.
    if (performance.now() - startedAt < core.checkpoints.commitCost) continue;
    if (number !== undefined) await checkpointStep(core, stage, number);
    startedAt = performance.now();
  }
  if (replayed.length > 0) await core.emit({ type: "restored", step: replayed.at(-1)! + 1, replayed });
  return replayed;
}

/** Returns the step's number; undefined for what is no step and leaves nothing to do. */
async function runAgain(
  core: SessionCore,
  stage: SessionStage,
  entry: Entry,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const { chain } = stage.replay;
  const before = chain.slice(0, chain.indexOf(entry));
  if (entry.kind === "adopted") return undefined;
  if (entry.kind !== "step") {
    const edit = entry.kind === "hand" ? core.ledger.handEdits.get(entry.edit) : undefined;
    const what = edit
      ? `hand edit ${edit.id} (${edit.command})`
      : `what the failed step ${stepsOf(before).length} left`;
    throw new ReplayFailure(`${what} can't be done again, and the image that held it is gone`, before);
  }
  const position = stepsOf(before).length;
  const { from, instructions } = core.plan.stages[stage.index]!.stage;
  const { number } = position === 0 ? from : (instructions[position - 1] ?? from);
  await core.emit({ type: "progress", step: number, message: "running again" });
  const steps = position === 0 ? await enterAgain(core, stage, signal) : [wantedAgain(stage, entry, position, before)];
  for (const wanted of steps) {
    const isOfContext = !("from" in wanted.operation) || wanted.operation.from.kind === "context";
    if (isOfContext && entry.inputs !== undefined && entry.inputs !== (await contextInputs(core, wanted.operation))) {
      throw new ReplayFailure(`step ${number} took other files than there are now, and is in no image`, before);
    }
    const performed = await performOperation(core, stage, wanted, {
      number,
      onOutput: () => {},
      ...(signal ? { signal } : {}),
    });
    signal?.throwIfAborted();
    if (performed.exitCode === 0) continue;
    const why = performed.message ?? `exit code ${performed.exitCode}`;
    throw new ReplayFailure(`step ${number} failed when it was run again: ${why}`, before);
  }
  return number;
}

/** FROM: the container on the base; returns the base's triggers, which are still to be done. */
async function enterAgain(
  core: SessionCore,
  stage: SessionStage,
  signal?: AbortSignal,
): Promise<readonly WantedStep[]> {
  await stage.replay.enter(await startImage(core, stage), [], signal);
  return stage.wanted?.triggers ?? [];
}

function wantedAgain(stage: SessionStage, entry: StepEntry, position: number, before: readonly Entry[]): WantedStep {
  const wanted = stage.wanted?.steps[position - 1];
  if (wanted?.key === entry.key) return wanted;
  throw new ReplayFailure(
    `the step after ${position} others is not in the Dockerfile any more, and in no image`,
    before,
  );
}

/** An image of the files that the stage is said to hold. */
export async function stageImage(core: SessionCore, stage: SessionStage, signal?: AbortSignal): Promise<string> {
  const { tip } = stage.replay;
  const known = tip && (await core.checkpoints.imageOf(tip.id));
  if (known !== undefined && (await inspectImage(core.engine, known))) return known;
  await makeReady(core, stage, signal);
  return (await stage.replay.checkpoint()).image;
}
