import type { Platform } from "../../dockerfile/image-config.ts";
import { composeImage } from "../../engine/compose-image.ts";
import { type HistoryEntry, inspectImage, readHistory } from "../../engine/images.ts";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { stageAtHand, stopApplication } from "../hand/hand-edits.ts";
import { stageImage } from "../replay/bring.ts";

/** Gives the present state a name, as an image with the configuration that the Dockerfile says so far. Returns its id. */
export async function tagState(core: SessionCore, name: string): Promise<string> {
  await stopApplication(core);
  const { stage } = await stageAtHand(core);
  // BuildKit writes a platform that was asked for into the image, whatever its base is.
  const image = await composeState(core, stage, { tags: [name], platform: core.options.platform });
  const hand = stage.replay.handEditIds.length;
  if (hand > 0) {
    await core.emit({
      type: "notice",
      level: "warning",
      message: `${name} holds ${hand === 1 ? "a hand edit" : `${hand} hand edits`} that the Dockerfile does not; 'adopt' makes them instructions`,
    });
  }
  await core.emit({ type: "tagged", name, image });
  return image;
}

/** The base's history, then our steps; as many of these have a layer as the image has more than its base. */
async function historyOf(core: SessionCore, stage: SessionStage, image: string): Promise<readonly HistoryEntry[]> {
  const start = stage.replay.checkpointOf(stage.replay.chain[0]) ?? image;
  const [below, whole] = await Promise.all([inspectImage(core.engine, start), inspectImage(core.engine, image)]);
  if (!below || !whole)
    throw new SlipwayError("CHECKPOINT_GONE", "an image that the session stands on was removed", {
      hint: "begin a new session",
    });
  const history = await readHistory(core.engine, below);
  let layers = whole.layers.length - below.layers.length;
  const entries: HistoryEntry[] = [];
  for (const step of stage.wanted!.steps.slice(0, core.doneCount(stage) - 1).reverse()) {
    const emptyLayer = step.operation.kind === "config" || layers === 0;
    if (!emptyLayer) layers--;
    if (step.createdBy === "") continue;
    entries.unshift({
      created: new Date(),
      createdBy: core.secrets.hide(step.createdBy),
      comment: "slipway",
      emptyLayer,
    });
  }
  for (; layers > 0; layers--) {
    entries.push({ created: new Date(), createdBy: "slipway session", comment: "slipway", emptyLayer: false });
  }
  return [...history, ...entries];
}

/**
 * An image of the stage as it is: its files, and exactly the configuration that the Dockerfile gives it so far. `platform`: what
 * the image is to say of itself, by default what its base says.
 */
export async function composeState(
  core: SessionCore,
  stage: SessionStage,
  { tags, platform }: { readonly tags: readonly string[]; readonly platform?: Platform | undefined },
): Promise<string> {
  const image = await stageImage(core, stage);
  return await composeImage(core.engine, {
    base: image,
    config: core.stateOf(stage)!.config,
    platform: platform ?? core.stateOf(stage)!.platform,
    history: await historyOf(core, stage, image),
    tags,
  });
}
