import type { EngineClient } from "../../engine/client.ts";
import {
  attachContainer,
  createContainer,
  inspectContainer,
  removeContainer,
  startContainer,
} from "../../engine/containers.ts";
import { SlipwayError } from "../../errors.ts";
import type { RunSettings } from "../../project/run-settings.ts";
import { type Agent, connectAgent } from "../agent/client.ts";

/** On everything of a session's; its value is the session's id. */
export const SESSION_LABEL = "slipway.session";
/** Which state folder has the session; see state/owner.ts. */
export const OWNER_LABEL = "slipway.owner";
const STAGE_LABEL = "slipway.stage";
/** Images that a builder is to start on are named with it, as long as it works. */
export const LANE_NAME = "slipway-lane";

export interface ContainerPlace {
  readonly engine: EngineClient;
  readonly sessionId: string;
  /** Of everything of the session's. */
  readonly labels: Readonly<Record<string, string>>;
  readonly stageIndex: number;
  readonly agentVolume: string;
  readonly network: string | undefined;
  readonly addHosts: readonly string[];
  /** Only the target stage's container gets the person's volumes and ports. */
  readonly runSettings: RunSettings | undefined;
}

/** A container whose PID 1 is the agent, and the connection to it. */
export interface SessionContainer {
  readonly id: string;
  readonly agent: Agent;
}

/** Starts a container on `image` that does nothing until the agent is told to. */
export async function startSessionContainer(
  place: ContainerPlace,
  image: string,
  signal?: AbortSignal,
): Promise<SessionContainer> {
  const { engine, runSettings } = place;
  const abort = signal ? { signal } : {};
  const id = await createContainer(
    engine,
    {
      image,
      entrypoint: ["/dev/slipway/agent"],
      command: [],
      user: "0:0",
      workingDir: "/",
      // The name that a build's containers have: programs write it into files.
      hostname: "buildkitsandbox",
      labels: { ...place.labels, [STAGE_LABEL]: String(place.stageIndex) },
      openStdin: true,
      tty: false,
      // The session keeps the outputs; the engine would write each a second time.
      logDriver: "none",
      healthcheck: { test: ["NONE"], interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 },
      mounts: [
        { type: "volume", source: place.agentVolume, target: "/dev/slipway", readOnly: true, noCopy: true },
        ...(runSettings?.volumes ?? []),
      ],
      ports: runSettings?.ports ?? [],
      extraHosts: [...place.addHosts, ...(runSettings?.extraHosts ?? [])],
      ...networkOf(place),
    },
    abort,
  );
  try {
    // Without the signal: the connection outlives what is to be interrupted.
    const stream = await attachContainer(engine, id);
    await startContainer(engine, id, abort);
    return { id, agent: await connectAgent(stream) };
  } catch (error) {
    await removeContainer(engine, id, { force: true, volumes: true });
    throw error;
  }
}

/** Connects to a container of an earlier run of the program, started again where it stands still; undefined when it is gone. */
export async function resumeSessionContainer(engine: EngineClient, id: string): Promise<SessionContainer | undefined> {
  const found = await inspectContainer(engine, id);
  if (found === undefined) return undefined;
  const stream = await attachContainer(engine, id);
  if (found.state.status !== "running") await startContainer(engine, id);
  return { id, agent: await connectAgent(stream) };
}

function networkOf(place: ContainerPlace): { networkMode?: string } {
  const network = place.runSettings?.network ?? place.network;
  if (network === undefined || network === "default") return {};
  if (network.startsWith("container:")) {
    throw new SlipwayError(
      "NETWORK_UNSUPPORTED",
      `a session can't share the network of another container (${network})`,
      {
        hint: "connect both to one network and name that: --network NAME",
      },
    );
  }
  return { networkMode: network };
}
