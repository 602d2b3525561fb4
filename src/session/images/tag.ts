import type { Platform } from "../../dockerfile/image-config.ts";
import type { StageState } from "../../dockerfile/plan-types.ts";
import { composeImage } from "../../engine/compose-image.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { stageAtHand, stopApplication } from "../hand/hand-edits.ts";
import { stageImage } from "../replay/bring.ts";
import { historyOf } from "./history.ts";

/** Gives the present state a name, as an image with the configuration that the Dockerfile says so far. Returns its id. */
export async function tagState(core: SessionCore, name: string): Promise<string> {
  await stopApplication(core);
  const { stage, state } = await stageAtHand(core);
  // BuildKit writes a platform that was asked for into the image, whatever its base is.
  const image = await composeState(core, stage, { tags: [name], platform: core.options.platform });
  if (core.secrets.holds(JSON.stringify(state.config))) {
    await core.emit({
      type: "notice",
      level: "warning",
      message: `${name} holds the value of a secret: an ENV, a LABEL or another instruction writes it into its configuration`,
    });
  }
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

/**
 * An image of the stage as it is: its files, and exactly the configuration that the Dockerfile gives it so far. `platform`: what
 * the image is to say of itself, by default what its base says. `labels`: further ones, of an image that is the session's own.
 */
export async function composeState(
  core: SessionCore,
  stage: SessionStage,
  {
    tags,
    platform,
    labels = {},
    state = core.stateOf(stage)!,
  }: {
    readonly tags: readonly string[];
    readonly platform?: Platform | undefined;
    readonly labels?: Readonly<Record<string, string>>;
    /** Within FROM, among its triggers, the stage has none of its own yet. */
    readonly state?: StageState;
  },
): Promise<string> {
  const image = await stageImage(core, stage);
  const { config } = state;
  return await composeImage(core.engine, {
    base: image,
    config: { ...config, labels: { ...config.labels, ...labels } },
    platform: platform ?? state.platform,
    history: await historyOf(core.engine, {
      start: stage.replay.checkpointOf(stage.replay.chain[0]) ?? image,
      image,
      steps: stage.wanted!.steps.slice(0, Math.max(core.doneCount(stage) - 1, 0)),
      hide: (text) => core.secrets.hide(text),
    }),
    tags,
  });
}
