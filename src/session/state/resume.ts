import { SlipwayError } from "../../errors.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { baseSource, resolveBase } from "../images/base-image.ts";
import { takeOutsideEdits } from "./outside-edits.ts";
import type { SessionRecord } from "./record.ts";

/** Fills a fresh core with what the record says, and finds the containers and images again. Returns what was lost, in words. */
export async function resumeStages(core: SessionCore, record: SessionRecord): Promise<readonly string[]> {
  const losses: string[] = [];
  core.nextId = record.nextId;
  core.breakpoints.push(...record.breakpoints);
  core.handEdits.push(...record.handEdits);
  for (const [number, memory] of record.memory) core.memory.set(number, memory);
  for (const saved of record.stages) {
    const stage = core.stage(saved.index);
    const planned = core.plan.stages[saved.index];
    stage.replay.recall(saved);
    if (!planned || saved.executed.length === 0) continue;
    const source = baseSource(core, saved.index);
    if (source.kind !== "stage") core.setBase(stage, await resolveBase(core, source, planned.stage.from));
    const loss = await reviveStage(core, stage, saved.container);
    if (loss !== undefined) losses.push(loss);
  }
  return losses;
}

/**
 * Connects to the stage's container again, or where it is gone makes one of the latest checkpoint. Returns what was lost
 * thereby, in words.
 */
async function reviveStage(
  core: SessionCore,
  stage: SessionStage,
  container: string | undefined,
): Promise<string | undefined> {
  stage.unscanned = undefined;
  if (container !== undefined && (await stage.replay.reattach(container))) return undefined;
  const lost = new Set(stage.replay.handEditIds);
  const edits = core.handEdits.filter((edit) => lost.has(edit.id));
  const before = stage.replay.stepEntries.length;
  const held = await stage.replay.restore(Number.POSITIVE_INFINITY);
  const steps = before > held ? `${before - held} step(s) are run again when they are needed` : "no step";
  const hand = edits.length > 0 ? `; what was done by hand there: ${edits.map((edit) => edit.command).join("; ")}` : "";
  return `the container of stage ${stage.index} is gone, a new one stands on the last checkpoint. Lost: ${steps}${hand}`;
}

/**
 * Does a command's work on the Dockerfile as it is now. Where it finds that a container went away under it, the next command first finds or makes one
 * again; the one at hand fails with AGENT_GONE, since nobody knows how far it came.
 */
export async function withContainers<T>(core: SessionCore, work: () => Promise<T>): Promise<T> {
  await takeOutsideEdits(core);
  if (core.containersLost) {
    for (const stage of core.stages) {
      if (!stage.replay.container) continue;
      const loss = await reviveStage(core, stage, stage.replay.container.id);
      if (loss !== undefined) await core.emit({ type: "notice", level: "warning", message: loss });
    }
    core.containersLost = false;
    await core.save();
  }
  try {
    return await work();
  } catch (error) {
    core.containersLost ||= error instanceof SlipwayError && error.code === "AGENT_GONE";
    throw error;
  }
}
