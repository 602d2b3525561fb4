import { buildImage } from "../../build/build-image.ts";
import { createContainer, inspectContainer, startContainer, stopContainer } from "../../engine/containers.ts";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import { stopApplication } from "../hand/hand-edits.ts";
import { orderOutput } from "../replay/ordered-output.ts";
import type { FinishOptions } from "../types.ts";
import { rebuildOptions } from "./rebuild.ts";

/**
 * The clean rebuild: what is on disk, built from scratch by the engine, tagged, and run with the session's volumes and ports.
 * @throws SlipwayError FINISH_UNWRITTEN, what is wrong with the file on disk, and what the build throws
 */
export async function finish(core: SessionCore, options: FinishOptions, signal?: AbortSignal): Promise<void> {
  if (core.text !== core.diskText) {
    throw new SlipwayError("FINISH_UNWRITTEN", "the Dockerfile in the session is not on disk yet", {
      hint: "'write' it first",
    });
  }
  if (core.outsideProblem !== undefined) throw core.outsideProblem.error;
  const left = core.handEdits.filter((edit) => edit.kind !== "launch" && edit.changes.length > 0);
  if (left.length > 0) {
    await core.emit({
      type: "notice",
      level: "warning",
      message: `not in the Dockerfile, so not in the rebuild: ${left.map((edit) => `${edit.id} ${edit.command}`).join("; ")}`,
    });
  }
  await stopApplication(core);
  const output = orderOutput(core.secrets, (stream, data) =>
    core.emit({ type: "output", of: 0, hand: true, stream, data }),
  );
  const { imageId } = await buildImage(
    core.engine,
    {
      ...rebuildOptions(core),
      tags: options.tag === undefined ? [] : [options.tag],
      target: core.options.target,
      labels: core.options.labels,
      noCache: options.noCache,
    },
    (event) => {
      if (event.type === "step") void core.emit({ type: "build-step", name: event.name, state: event.state });
      if (event.type === "output") void output.onOutput(event.stream, event.data);
    },
    signal,
  ).finally(output.settled);
  await core.emit({ type: "tagged", name: options.tag ?? "", image: imageId });
  if (options.run) await runImage(core, options.tag ?? imageId);
}

async function runImage(core: SessionCore, image: string): Promise<void> {
  const { runSettings } = core.options;
  const session = core.stage(core.plan.targetIndex).replay.container;
  if (session && runSettings.ports.length > 0) {
    // Both want the same ports. The session's container is started again when somebody works in it.
    await stopContainer(core.engine, session.id, { seconds: 1 });
  }
  const id = await createContainer(core.engine, {
    image,
    env: runSettings.env,
    labels: {},
    openStdin: false,
    tty: false,
    mounts: runSettings.volumes,
    ports: runSettings.ports,
    extraHosts: runSettings.extraHosts,
    ...(runSettings.network ? { networkMode: runSettings.network } : {}),
  });
  await startContainer(core.engine, id);
  const container = await inspectContainer(core.engine, id);
  await core.emit({
    type: "launched",
    command: [container?.name ?? id.slice(0, 12)],
    addresses: Object.values(container?.ipAddresses ?? {}),
  });
}
