import { ExitCode, SlipwayError } from "../../errors.ts";
import { removeSessionFolder, requireSession } from "../state/journal.ts";
import { lockSession } from "../state/lock.ts";
import { type RemovedObjects, removeSessionObjects } from "../state/remove.ts";
import type { Engines } from "./engines.ts";
import { type SessionSummary, summarizeSession } from "./summary.ts";

export interface RemovedSession extends RemovedObjects {
  readonly id: string;
  /** What it held, as far as its journal could be read. */
  readonly held: SessionSummary["held"];
  /** URL of the engine where its objects were removed; undefined when only its folder was dropped. */
  readonly engine: string | undefined;
}

/**
 * Removes a session that no program has open: what it has on its engine, then its folder. `forget`: the folder only.
 * @throws SlipwayError SESSION_UNKNOWN, SESSION_BUSY, SESSION_ENGINE_UNREACHABLE
 */
export async function removeKeptSession(
  stateDir: string,
  id: string,
  engines: Engines,
  { forget = false }: { readonly forget?: boolean } = {},
): Promise<RemovedSession> {
  await requireSession(stateDir, id);
  await using _ = await lockSession(stateDir, id);
  const { held } = await summarizeSession(stateDir, id);
  const removed = forget ? undefined : await removeObjects(id, held, engines);
  await removeSessionFolder(stateDir, id);
  return { id, held, engine: undefined, containers: [], images: [], used: [], ...removed };
}

async function removeObjects(
  id: string,
  held: SessionSummary["held"],
  engines: Engines,
): Promise<RemovedObjects & { readonly engine: string }> {
  try {
    // Where a journal doesn't tell, labels on the engine at hand do.
    const engine = held ? await engines.at(held.engine) : await engines.chosen();
    const removed = await removeSessionObjects(engine, id, held?.images ?? []);
    return { ...removed, engine: engine.endpoint.url };
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.exitCode !== ExitCode.engine) throw error;
    const { code, message, hint } = error;
    throw new SlipwayError(code, `the session ${id} can't be removed: ${message}`, {
      hint: `${hint ?? "start its engine"}; or drop only what is kept here, its containers and images stay there: slipway sessions rm --forget ${id}`,
      exitCode: ExitCode.engine,
      cause: error,
    });
  }
}
