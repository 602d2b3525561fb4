import type { BuildListener } from "../../build/build-events.ts";
import { buildImage } from "../../build/build-image.ts";
import type { BuildOptions } from "../../build/build-options.ts";
import { createContainer, inspectContainer, startContainer, stopContainer } from "../../engine/containers.ts";
import { SlipwayError } from "../../errors.ts";
import { buildFromStates } from "../cache/build-from-states.ts";
import { findBases } from "../cache/find-bases.ts";
import { runsAsInABuild, type StateSearch } from "../cache/session-states.ts";
import { evaluatePlan } from "../cache/wanted-plan.ts";
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
  const build: BuildOptions = {
    ...rebuildOptions(core),
    tags: options.tag === undefined ? [] : [options.tag],
    target: core.options.target,
    labels: core.options.labels,
    noCache: options.noCache,
  };
  const listener: BuildListener = (event) => {
    if (event.type === "step") void core.emit({ type: "build-step", name: event.name, state: event.state });
    if (event.type === "output") void output.onOutput(event.stream, event.data);
    if (event.type === "notice") void core.emit({ type: "notice", level: "info", message: event.message });
  };
  const building = options.noCache
    ? buildImage(core.engine, build, listener, signal)
    : buildFromStates(core.engine, await searchOwnStates(core), build, { session: core.id, listener, signal });
  const { imageId } = await building.finally(output.settled);
  await core.emit({ type: "tagged", name: options.tag ?? "", image: imageId });
  if (options.run) await runImage(core, options.tag ?? imageId);
}

/** The session's own states, for a build of what is on disk now, on the base images as they are now. */
async function searchOwnStates(core: SessionCore): Promise<StateSearch> {
  const { engine, options, plan } = core;
  const bases = await findBases(engine, plan, options.contexts);
  return {
    engine,
    wanted: evaluatePlan(plan, (index) => bases.get(index), core.secrets),
    baseOf: (index) => bases.get(index),
    context: options.context,
    dockerfilePath: options.dockerfilePath,
    excluded: new Set(runsAsInABuild(options.runSettings) ? [] : plan.order),
    ledger: core.ledger,
    commit: async (container, entry) => {
      const held = [...core.allStages].find(({ replay }) => replay.container?.id === container);
      if (!held?.replay.isReady || held.replay.tip?.id !== entry) return undefined;
      return (await held.replay.checkpoint()).image;
    },
  };
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
