import type { Readable } from "node:stream";
import type { Source } from "../../dockerfile/plan-types.ts";
import { isNotFound } from "../../engine/client.ts";
import { createContainer, getArchive, removeContainer } from "../../engine/containers.ts";
import type { SessionCore } from "../core.ts";
import { provideImage } from "../images/provide-image.ts";
import { stageImage } from "../replay/bring.ts";

/**
 * Files of a stage or an image as a tar archive, as the engine gives them; undefined where nothing is. `place`: of the
 * instruction that asks, which may name an image that is not there yet.
 */
export async function archiveOf(
  core: SessionCore,
  source: Extract<Source, { kind: "stage" | "image" }>,
  path: string,
  place?: string,
): Promise<Readable | undefined> {
  const image = source.kind === "stage" ? await stageImage(core, core.stage(source.index)) : source.reference;
  const container = await sourceContainer(core, image, place);
  try {
    return await getArchive(core.engine, container, path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A container that is never started, to read an image's files; one per image and session. */
export async function sourceContainer(core: SessionCore, reference: string, place?: string): Promise<string> {
  let container = core.sourceContainers.get(reference);
  if (!container) {
    container = makeSourceContainer(core, reference, place);
    core.sourceContainers.set(reference, container);
  }
  try {
    return await container;
  } catch (error) {
    core.sourceContainers.delete(reference);
    throw error;
  }
}

async function makeSourceContainer(core: SessionCore, reference: string, place: string | undefined): Promise<string> {
  const image =
    place === undefined ? reference : (await provideImage(core, { reference, platform: undefined, place })).id;
  return await createContainer(core.engine, {
    image,
    entrypoint: ["/never-started"],
    command: [],
    labels: core.labels,
    openStdin: false,
    tty: false,
    mounts: [],
    ports: [],
    networkMode: "none",
  });
}

export async function removeSourceContainers(core: SessionCore): Promise<void> {
  for (const container of core.sourceContainers.values()) {
    await removeContainer(core.engine, await container, { force: true, volumes: true });
  }
  core.sourceContainers.clear();
}
