import { type EngineClient, EngineError } from "../../engine/client.ts";
import { listContainers, removeContainer } from "../../engine/containers.ts";
import { listImages, removeImage } from "../../engine/images.ts";
import { SESSION_LABEL } from "../replay/container.ts";

/**
 * Removes everything of a session on the engine: its containers, and the images that it made. Resolves with the images that
 * somebody uses meanwhile; they stay.
 */
export async function removeSessionObjects(
  engine: EngineClient,
  id: string,
  images: Iterable<string>,
): Promise<readonly string[]> {
  const label = [`${SESSION_LABEL}=${id}`];
  for (const container of await listContainers(engine, { all: true, label })) {
    await removeContainer(engine, container.id, { force: true, volumes: true });
  }
  // Of those that the program died before it could write down, the label tells.
  const labelled = (await listImages(engine, { label })).map((image) => image.id);
  const all = new Set([...images, ...labelled]);
  // Newest first: a parent goes only after its children.
  const used: string[] = [];
  for (const image of [...all].reverse()) {
    try {
      await removeImage(engine, image, { force: false });
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
      used.push(image);
    }
  }
  return used;
}
