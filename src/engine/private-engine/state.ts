import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { type UnixEndpoint, unixEndpoint } from "../endpoint.ts";
import { isProcess, type ProcessIdentity } from "../process-identity.ts";
import type { EnginePlaces } from "./places.ts";

/** engine.json: what the start that wrote it knew. */
export interface EngineState {
  readonly process: ProcessIdentity;
  /** Address of the bridge, CIDR. */
  readonly subnet: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

export async function readState(places: EnginePlaces): Promise<EngineState | undefined> {
  try {
    const state = JSON.parse(await readFile(places.state, "utf8")) as EngineState;
    return typeof state.process?.pid === "number" ? state : undefined;
  } catch {
    // Not there, or cut off by a crash: no engine to speak of either way.
    return undefined;
  }
}

export async function writeState(places: EnginePlaces, state: EngineState): Promise<void> {
  await writeFile(`${places.state}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${places.state}.new`, places.state);
}

export async function removeState(places: EnginePlaces): Promise<void> {
  await rm(places.state, { force: true });
}

/** The arguments that only this engine's dockerd has. */
export function identifyingArguments(places: EnginePlaces): readonly string[] {
  return ["--pidfile", places.pidFile, "--data-root", places.data];
}

export async function isEngineRunning(places: EnginePlaces, state: EngineState | undefined): Promise<boolean> {
  return state !== undefined && (await isProcess(state.process, identifyingArguments(places)));
}

/** Undefined when it does not run. */
export async function runningEndpoint(places: EnginePlaces): Promise<UnixEndpoint | undefined> {
  return (await isEngineRunning(places, await readState(places))) ? unixEndpoint(places.socket) : undefined;
}
