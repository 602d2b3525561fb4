import type { EngineClient } from "../../engine/client.ts";
import { listContainers } from "../../engine/containers.ts";
import { listImages } from "../../engine/images.ts";
import { messageOf, SlipwayError } from "../../errors.ts";
import { SESSION_LABEL } from "../replay/container.ts";
import { listSessionIds } from "../state/journal.ts";
import type { Engines } from "./engines.ts";
import { type SessionSummary, summarizeSession } from "./summary.ts";

/**
 * `open`: in a program; `left`: to be resumed; `containers-gone`: to be resumed on its images; `unreachable`: its engine does not
 * answer; `unreadable`: its journal can't be read.
 */
export type KeptState = "open" | "left" | "containers-gone" | "unreachable" | "unreadable";

export interface KeptSession extends SessionSummary {
  readonly state: KeptState;
  /** Bytes of its images that no other image holds; undefined where it was not asked for, or can't be told. */
  readonly size: number | undefined;
}

/** Every session of a state folder, newest first. Their engines are asked what is there, and may be silent. */
export async function listKeptSessions(
  stateDir: string,
  engines: Engines,
  { size }: { readonly size: boolean },
): Promise<readonly KeptSession[]> {
  const sessions = await summarizeAll(stateDir);
  const urls = new Set(sessions.flatMap(({ held }) => (held ? [held.engine] : [])));
  const looks = new Map(
    await Promise.all([...urls].map(async (url) => [url, await look(engines, url, size)] as const)),
  );
  return sessions.map((session) => {
    const seen = session.held && looks.get(session.held.engine);
    return {
      ...session,
      state: stateOf(session, seen),
      problem: session.problem ?? (seen instanceof Error ? messageOf(seen) : undefined),
      size: session.held && seen && !(seen instanceof Error) && size ? sizeOf(session.held, seen.images) : undefined,
    };
  });
}

/** Every session of a state folder, newest first, by what is on disk. */
export async function summarizeAll(stateDir: string): Promise<readonly SessionSummary[]> {
  const ids = await listSessionIds(stateDir);
  const summaries = ids.map((id) =>
    summarizeSession(stateDir, id).catch((error) => {
      // Removed since the folder was read.
      if (error instanceof SlipwayError && error.code === "SESSION_UNKNOWN") return undefined;
      throw error;
    }),
  );
  return (await Promise.all(summaries)).filter((summary) => summary !== undefined);
}

interface Look {
  readonly containers: ReadonlySet<string>;
  readonly images: ReadonlyMap<string, { readonly size: number; readonly parent: string | undefined }>;
}

async function look(engines: Engines, url: string, size: boolean): Promise<Look | Error> {
  try {
    const engine = await engines.at(url);
    return { containers: await containersOf(engine), images: size ? await imagesOf(engine) : new Map() };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return error;
  }
}

async function containersOf(engine: EngineClient): Promise<ReadonlySet<string>> {
  const listed = await listContainers(engine, { all: true, label: [SESSION_LABEL] });
  return new Set(listed.map(({ id }) => id));
}

async function imagesOf(engine: EngineClient): Promise<Look["images"]> {
  return new Map((await listImages(engine, { all: true })).map((image) => [image.id, image]));
}

function stateOf({ held, process }: SessionSummary, seen: Look | Error | undefined): KeptState {
  if (process !== undefined) return "open";
  if (!held) return "unreadable";
  if (!seen || seen instanceof Error) return "unreachable";
  return held.containers.every((id) => seen.containers.has(id)) ? "left" : "containers-gone";
}

/** What each image has more than the one that it was made of. */
function sizeOf({ images }: { readonly images: readonly string[] }, all: Look["images"]): number {
  return images.reduce((sum, id) => {
    const image = all.get(id);
    const below = image?.parent === undefined ? undefined : all.get(image.parent);
    return sum + (image && below ? image.size - below.size : 0);
  }, 0);
}
