import { type EngineClient, EngineError } from "../../engine/client.ts";
import { listContainers, removeContainer } from "../../engine/containers.ts";
import { inspectImage, listImages, removeImage } from "../../engine/images.ts";
import { LANE_NAME, SESSION_LABEL } from "../replay/container.ts";

/** What went away, by id. */
export interface RemovedObjects {
  readonly containers: readonly string[];
  readonly images: readonly string[];
  /** Images that somebody uses or named meanwhile; they stay. */
  readonly used: readonly string[];
}

/** Removes everything of a session on the engine: its containers, and the images that it made. */
export async function removeSessionObjects(
  engine: EngineClient,
  id: string,
  images: Iterable<string>,
): Promise<RemovedObjects> {
  const label = [`${SESSION_LABEL}=${id}`];
  const containers: string[] = [];
  for (const container of await listContainers(engine, { all: true, label })) {
    if (await removeContainer(engine, container.id, { force: true, volumes: true })) containers.push(container.id);
  }
  // Of those that the program died before it could write down, the label tells.
  const labelled = (await listImages(engine, { label, all: true })).map((image) => image.id).reverse();
  const removed: string[] = [];
  // Newest first, as a parent goes only after its children; again, for what was made in another order.
  let used = [...new Set([...images, ...labelled])].reverse();
  for (let before = used.length + 1; used.length > 0 && used.length < before; ) {
    before = used.length;
    const left: string[] = [];
    for (const image of used) {
      const outcome = await removeOwnImage(engine, image);
      if (outcome === "removed") removed.push(image);
      if (outcome === "used") left.push(image);
    }
    used = left;
  }
  return { containers, images: removed, used };
}

async function removeOwnImage(engine: EngineClient, image: string): Promise<"removed" | "used" | "gone"> {
  const found = await inspectImage(engine, image);
  if (!found) return "gone";
  const temporary = found.tags.filter((tag) => tag.startsWith(`${LANE_NAME}:`));
  if (temporary.length < found.tags.length) return "used";
  try {
    for (const tag of temporary) await removeImage(engine, tag, { keepParents: true });
    // Without its untagged parents: a base that lost its name is somebody's still.
    await removeImage(engine, image, { keepParents: true });
    return "removed";
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
    return "used";
  }
}
