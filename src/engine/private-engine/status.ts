import { connectEngine } from "../client.ts";
import { listContainers } from "../containers.ts";
import type { Environment } from "../docker-config.ts";
import { unixEndpoint } from "../endpoint.ts";
import { privateEnginePlaces } from "./places.ts";
import { isEngineRunning, readState } from "./state.ts";
import { findOrphans } from "./stop.ts";

export interface PrivateEngineStatus {
  /** `crashed`: it ended, but not by `stop`. `starting`: it runs and does not answer. */
  readonly state: "running" | "starting" | "stopped" | "crashed";
  readonly folder: string;
  readonly socket: string;
  readonly log: string;
  readonly bridge: string;
  readonly pid: number | undefined;
  readonly subnet: string | undefined;
  readonly startedAt: Date | undefined;
  readonly version: string | undefined;
  /** Those that run now, with the session or test that they belong to by their labels. */
  readonly containers: readonly RunningContainer[];
  /** Ids of containers that run on without the engine after a crash. */
  readonly orphans: readonly string[];
}

export interface RunningContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `session ID` where a session of ours made it, `compose PROJECT`, else undefined. */
  readonly owner: string | undefined;
}

export async function privateEngineStatus({
  env,
  home,
  signal,
}: {
  readonly env: Environment;
  readonly home: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<PrivateEngineStatus> {
  const places = privateEnginePlaces(env, home);
  const state = await readState(places);
  const { folder, socket, log, bridge } = places;
  if (state === undefined || !(await isEngineRunning(places, state))) {
    const orphans = await findOrphans(places);
    return {
      ...{ folder, socket, log, bridge, orphans },
      state: state === undefined ? "stopped" : "crashed",
      pid: undefined,
      subnet: undefined,
      startedAt: undefined,
      version: undefined,
      containers: [],
    };
  }
  const answer = await askEngine(socket, signal);
  return {
    ...{ folder, socket, log, bridge, orphans: [] },
    state: answer === undefined ? "starting" : "running",
    pid: state.process.pid,
    subnet: state.subnet,
    startedAt: new Date(state.startedAt),
    version: answer?.version,
    containers: answer?.containers ?? [],
  };
}

async function askEngine(socket: string, signal: AbortSignal | undefined) {
  await using engine = connectEngine(unixEndpoint(socket));
  try {
    const { Version: version } = await engine.json<{ Version: string }>("GET", "/version", { signal });
    const listed = await listContainers(engine, {}, { signal });
    const containers = listed.map(({ id, name, image, labels }) => ({ id, name, image, owner: ownerOf(labels) }));
    return { version, containers };
  } catch (error) {
    if ((error as { code?: string }).code === "ENGINE_UNREACHABLE") return undefined;
    throw error;
  }
}

function ownerOf(labels: Readonly<Record<string, string>>): string | undefined {
  const session = labels["slipway.session"];
  if (session !== undefined) return `session ${session}`;
  const project = labels["com.docker.compose.project"];
  return project === undefined ? undefined : `compose ${project}`;
}
