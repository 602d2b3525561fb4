import { composeImage } from "../../engine/compose-image.ts";
import { inspectImage, readHistory, removeImage } from "../../engine/images.ts";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";

/**
 * The image that a builder made, or in its place one whose history has no secret: BuildKit writes the build arguments of each
 * RUN there, `|1 TOKEN=… /bin/sh -c …`.
 */
export async function veilHistory(core: SessionCore, id: string): Promise<string> {
  if (core.secrets.isEmpty) return id;
  const image = await inspectImage(core.engine, id);
  if (!image) {
    throw new SlipwayError("CHECKPOINT_GONE", `the image ${id} of a step was removed while it was looked at`, {
      hint: "run the step again",
    });
  }
  const history = await readHistory(core.engine, image);
  if (!history.some(({ createdBy }) => core.secrets.holds(createdBy))) return id;
  const veiled = await composeImage(core.engine, {
    base: id,
    config: image.config,
    history: core.secrets.hide(history),
    tags: [],
  });
  await removeImage(core.engine, id, { force: false });
  return veiled;
}
