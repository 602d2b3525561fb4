import type { EngineClient } from "../../engine/client.ts";
import { type HistoryEntry, inspectImage, readHistory } from "../../engine/images.ts";
import { SlipwayError } from "../../errors.ts";
import type { WantedStep } from "../replay/wanted-steps.ts";

export interface StageHistory {
  readonly start: string;
  readonly image: string;
  readonly steps: readonly WantedStep[];
  /** Masks secrets. */
  hide(text: string): string;
}

/**
 * The history of an image of a stage: that of the image where it started, then its steps; as many of these have a layer as
 * `image` has more than `start`.
 */
export async function historyOf(
  engine: EngineClient,
  { start, image, steps, hide }: StageHistory,
): Promise<readonly HistoryEntry[]> {
  const [below, whole] = await Promise.all([inspectImage(engine, start), inspectImage(engine, image)]);
  if (!below || !whole)
    throw new SlipwayError("CHECKPOINT_GONE", "an image that the session stands on was removed", {
      hint: "begin a new session",
    });
  const history = await readHistory(engine, below);
  let layers = whole.layers.length - below.layers.length;
  const entries: HistoryEntry[] = [];
  for (const step of [...steps].reverse()) {
    const emptyLayer = step.operation.kind === "config" || layers === 0;
    if (!emptyLayer) layers--;
    if (step.createdBy === "") continue;
    entries.unshift({ created: new Date(), createdBy: hide(step.createdBy), comment: "slipway", emptyLayer });
  }
  for (; layers > 0; layers--) {
    entries.push({ created: new Date(), createdBy: "slipway session", comment: "slipway", emptyLayer: false });
  }
  return [...history, ...entries];
}
