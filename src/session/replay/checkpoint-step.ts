import { inspectImage } from "../../engine/images.ts";
import type { SessionCore, SessionStage } from "../core.ts";

/** Makes an image of what the stage's container holds after the step, where there is none, and tells so. */
export async function checkpointStep(core: SessionCore, stage: SessionStage, number: number): Promise<void> {
  const below = stage.replay.chain.findLast((entry) => core.ledger.checkpoints.has(entry.id));
  const { image, milliseconds, fresh } = await stage.replay.checkpoint();
  if (!fresh) return;
  const memory = core.memory.get(number);
  if (memory && memory.size === undefined && below !== undefined) {
    const images = [core.ledger.checkpoints.get(below.id)!, image];
    const [before, after] = await Promise.all(images.map((image) => inspectImage(core.engine, image)));
    // Small steps since the checkpoint below are counted with the one that made this worthwhile.
    if (before && after) core.remember(number, { ...memory, size: after.size - before.size });
  }
  await core.emit({ type: "checkpoint", step: number, image, milliseconds });
}
