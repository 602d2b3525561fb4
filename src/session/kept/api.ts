import { homedir } from "node:os";
import { resolve } from "node:path";
import { stateFolder } from "../state/state-folder.ts";
import { Engines } from "./engines.ts";
import { type KeptSession, listKeptSessions, summarizeAll } from "./list.ts";
import { applyPrune, type Pruned, type PruneOptions, type PrunePlan, planPrune } from "./prune.ts";
import { type RemovedSession, removeKeptSession } from "./remove.ts";
import type { SessionSummary } from "./summary.ts";

/** Where sessions are kept, and how their engines are found. */
export interface KeptPlace {
  /** Default: `slipway` in XDG_STATE_HOME, or in `~/.local/state`. */
  readonly stateDir?: string | undefined;
  /** Default: that of this program. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** An engine to look at beside those of the sessions: `unix://…`. Default: the one that the docker client would use. */
  readonly engine?: string | undefined;
  /** Name of the docker context of that engine. */
  readonly dockerContext?: string | undefined;
}

/**
 * Every session that is kept, newest first. Journals are only read, and an engine that doesn't answer is a session's `state`.
 * `size`: also what its images take on the engine.
 */
export async function listSessions(
  place: KeptPlace & { readonly size?: boolean | undefined } = {},
): Promise<readonly KeptSession[]> {
  return await withEngines(place, (stateDir, engines) =>
    listKeptSessions(stateDir, engines, { size: place.size === true }),
  );
}

/** What is on disk of every session, without a question to any engine. */
export async function summarizeSessions(place: KeptPlace = {}): Promise<readonly SessionSummary[]> {
  return await summarizeAll(stateDirOf(place));
}

/**
 * Removes a session that no program has open, with its containers and images. `forget`: only what is kept here, where its engine
 * is gone for good.
 * @throws SlipwayError SESSION_UNKNOWN, SESSION_BUSY, SESSION_ENGINE_UNREACHABLE
 */
export async function removeSession(
  id: string,
  place: KeptPlace & { readonly forget?: boolean | undefined } = {},
): Promise<RemovedSession> {
  return await withEngines(place, (stateDir, engines) =>
    removeKeptSession(stateDir, id, engines, { forget: place.forget === true }),
  );
}

/** What `pruneSessions` would remove. Nothing is changed. */
export async function planSessionPrune(place: KeptPlace & PruneOptions = {}): Promise<PrunePlan> {
  return await withEngines(place, (stateDir, engines) => planPrune(stateDir, engines, place));
}

/** Removes what a plan names. */
export async function pruneSessions(plan: PrunePlan, place: KeptPlace = {}): Promise<Pruned> {
  return await withEngines(place, (stateDir, engines) => applyPrune(stateDir, engines, plan));
}

function stateDirOf({ stateDir, environment = process.env }: KeptPlace): string {
  return resolve(stateDir ?? stateFolder(environment, homedir()));
}

async function withEngines<T>(place: KeptPlace, work: (stateDir: string, engines: Engines) => Promise<T>): Promise<T> {
  const { engine: address, dockerContext, environment = process.env } = place;
  await using engines = new Engines({ address, dockerContext, environment });
  return await work(stateDirOf(place), engines);
}
