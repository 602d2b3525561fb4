import type { Readable } from "node:stream";
import type { Source } from "../../dockerfile/plan-types.ts";
import { isNotFound } from "../../engine/client.ts";
import { createContainer, getArchive, removeContainer } from "../../engine/containers.ts";
import { registryCredentials } from "../../engine/credentials.ts";
import { inspectImage, pullImage } from "../../engine/images.ts";
import type { SessionCore } from "../core.ts";
import { SESSION_LABEL } from "../replay/container.ts";

/** Files of a stage or an image as a tar archive, as the engine gives them; undefined where nothing is. */
export async function archiveOf(
  core: SessionCore,
  source: Extract<Source, { kind: "stage" | "image" }>,
  path: string,
): Promise<Readable | undefined> {
  const image = source.kind === "stage" ? await core.stage(source.index).replay.snapshot() : source.reference;
  const container = await sourceContainer(core, image);
  try {
    return await getArchive(core.engine, container, path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A container that is never started, to read an image's files; one per image and session. */
export async function sourceContainer(core: SessionCore, reference: string): Promise<string> {
  let container = core.sourceContainers.get(reference);
  if (!container) {
    container = makeSourceContainer(core, reference);
    core.sourceContainers.set(reference, container);
  }
  return await container;
}

async function makeSourceContainer(core: SessionCore, reference: string): Promise<string> {
  if (!(await inspectImage(core.engine, reference))) {
    await pullImage(core.engine, reference, {
      credentials: await registryCredentials(reference, { configDir: core.options.dockerConfigDir }),
    });
  }
  return await createContainer(core.engine, {
    image: reference,
    entrypoint: ["/never-started"],
    command: [],
    labels: { [SESSION_LABEL]: core.id },
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
