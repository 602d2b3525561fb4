import { SlipwayError } from "../../errors.ts";
import type { CopyAgent } from "./types.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The owner that `--chown=USER[:GROUP]` names, read from the container's /etc/passwd and /etc/group as BuildKit does it: a
 * user by number has the group of the same number, one by name the group of its passwd line; names that are not found
 * mean root.
 */
export async function resolveOwner(chown: string, agent: CopyAgent): Promise<Owner> {
  const colon = chown.indexOf(":");
  const user = await resolveUser(colon < 0 ? chown : chown.slice(0, colon), agent);
  return colon < 0 ? user : { uid: user.uid, gid: await resolveGroup(chown.slice(colon + 1), user.gid, agent) };
}

async function resolveUser(name: string, agent: CopyAgent): Promise<Owner> {
  const id = numericId(name);
  if (id !== undefined) return { uid: id, gid: id };
  const found = name === "" ? undefined : await lookup(name, agent);
  return { uid: found?.uid ?? 0, gid: found?.gid ?? 0 };
}

async function resolveGroup(name: string, fallback: number, agent: CopyAgent): Promise<number> {
  const id = numericId(name);
  if (id !== undefined) return id;
  return (name === "" ? undefined : await lookup(`0:${name}`, agent))?.gid ?? fallback;
}

function numericId(name: string): number | undefined {
  if (name === "root") return 0;
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

async function lookup(words: string, agent: CopyAgent): Promise<Owner | undefined> {
  try {
    return await agent.lookup(words);
  } catch (error) {
    if (error instanceof SlipwayError && /^no-such-(user|group)$/i.test(error.code.replaceAll("_", "-")))
      return undefined;
    throw error;
  }
}
