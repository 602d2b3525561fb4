import { type EngineClient, EngineError } from "../../engine/client.ts";
import { removeVolume } from "../../engine/volumes.ts";
import { messageOf, SlipwayError } from "../../errors.ts";
import { knownOwner } from "../state/owner.ts";
import { removeSessionObjects } from "../state/remove.ts";
import type { Engines } from "./engines.ts";
import { type KeptSession, listKeptSessions } from "./list.ts";
import { findIdleAgentVolumes, findOrphans, type Orphan } from "./objects.ts";
import { type RemovedSession, removeKeptSession } from "./remove.ts";

export interface PruneOptions {
  /** Milliseconds since a session was last used. */
  readonly olderThan?: number | undefined;
  /** Also sessions that hold hand edits or an unwritten Dockerfile, and those whose journal can't be read. */
  readonly all?: boolean | undefined;
  /** Also what sessions of other people, or of other state folders, have on the engine. */
  readonly others?: boolean | undefined;
}

/** What would be removed, to be read before it is. */
export interface PrunePlan {
  readonly sessions: readonly KeptSession[];
  /** Sessions that stay, and why. */
  readonly kept: readonly { readonly session: KeptSession; readonly reason: string }[];
  readonly orphans: readonly Orphan[];
  /** What nobody here knows and that stays. */
  readonly strangers: readonly Orphan[];
  readonly volumes: readonly { readonly engine: string; readonly name: string }[];
}

export async function planPrune(stateDir: string, engines: Engines, options: PruneOptions = {}): Promise<PrunePlan> {
  const all = await listKeptSessions(stateDir, engines, { size: true });
  const reasons = new Map(all.map((session) => [session.id, reasonToKeep(session, options)]));
  const sessions = all.filter(({ id }) => reasons.get(id) === undefined);
  const kept = all.flatMap((session) => {
    const reason = reasons.get(session.id);
    return reason === undefined ? [] : [{ session, reason }];
  });
  const known = new Set(all.map(({ id }) => id));
  const owner = await knownOwner(stateDir);
  const found: Orphan[] = [];
  const volumes: { engine: string; name: string }[] = [];
  for (const engine of await enginesOf(all, engines)) {
    const { url } = engine.endpoint;
    const orphans = await findOrphans(engine, known, owner);
    found.push(...orphans);
    // One that is open may be about to start its first container.
    if (kept.some(({ session }) => session.state === "open" && session.held?.engine === url)) continue;
    const going = new Set([
      ...sessions.map(({ id }) => id),
      ...orphans.filter((orphan) => goes(orphan, options)).map(({ session }) => session),
    ]);
    const idle = await findIdleAgentVolumes(engine, (session) => session !== undefined && going.has(session));
    volumes.push(...idle.map((name) => ({ engine: url, name })));
  }
  return {
    sessions,
    kept,
    orphans: found.filter((orphan) => goes(orphan, options)),
    strangers: found.filter((orphan) => !goes(orphan, options)),
    volumes,
  };
}

function goes({ ours }: Orphan, { others }: PruneOptions): boolean {
  return ours || others === true;
}

function reasonToKeep({ state, process, held, lastUsed, problem }: KeptSession, options: PruneOptions) {
  if (state === "open") return `open in process ${process}`;
  if (state === "unreachable") return `its engine does not answer: ${held?.engine}`;
  if (options.olderThan !== undefined && Date.now() - lastUsed.getTime() < options.olderThan) return "used lately";
  if (options.all) return undefined;
  if (!held) return `its journal can't be read: ${problem}`;
  const work = [
    held.handEdits === 1 ? "a hand edit" : held.handEdits > 1 ? `${held.handEdits} hand edits` : undefined,
    held.unsaved ? "an unwritten Dockerfile" : undefined,
  ].filter((each) => each !== undefined);
  return work.length > 0 ? `holds ${work.join(" and ")}` : undefined;
}

/** Those of the sessions, and the one that a new session would be on, as far as they answer. */
async function enginesOf(sessions: readonly KeptSession[], engines: Engines): Promise<readonly EngineClient[]> {
  const answering = sessions.filter(({ held, state }) => held && state !== "unreachable");
  const urls = new Set(answering.map(({ held }) => held!.engine));
  const found = await Promise.all([...urls].map((url) => engines.at(url)));
  const chosen = await engines.chosen().catch((error) => {
    // With nothing to look at, that is the answer.
    if (sessions.length === 0 || !(error instanceof SlipwayError)) throw error;
    return undefined;
  });
  return chosen && !urls.has(chosen.endpoint.url) ? [...found, chosen] : found;
}

export interface Pruned {
  readonly sessions: readonly RemovedSession[];
  readonly orphans: readonly Orphan[];
  readonly volumes: readonly string[];
  /** What could not be removed, and why. */
  readonly failures: readonly { readonly what: string; readonly why: string }[];
}

/** Removes what the plan names, as far as it is still so: what somebody uses meanwhile stays. */
export async function applyPrune(stateDir: string, engines: Engines, plan: PrunePlan): Promise<Pruned> {
  const failures: { what: string; why: string }[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T[]> => {
    try {
      return [await work()];
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      failures.push({ what, why: messageOf(error) });
      return [];
    }
  };
  const sessions: RemovedSession[] = [];
  for (const { id } of plan.sessions) {
    sessions.push(...(await attempt(`session ${id}`, () => removeKeptSession(stateDir, id, engines))));
  }
  const orphans: Orphan[] = [];
  for (const orphan of plan.orphans) {
    const remove = async () => {
      await removeSessionObjects(await engines.at(orphan.engine), orphan.session, []);
      return orphan;
    };
    orphans.push(...(await attempt(`session ${orphan.session}`, remove)));
  }
  const volumes: string[] = [];
  for (const { engine, name } of plan.volumes) {
    const remove = async () => await removeIdleVolume(await engines.at(engine), name);
    if ((await attempt(`volume ${name}`, remove))[0]) volumes.push(name);
  }
  return { sessions, orphans, volumes, failures };
}

/** False where a session began meanwhile that uses it. */
async function removeIdleVolume(engine: EngineClient, name: string): Promise<boolean> {
  try {
    return await removeVolume(engine, name);
  } catch (error) {
    if (error instanceof EngineError && error.kind === "conflict") return false;
    throw error;
  }
}
