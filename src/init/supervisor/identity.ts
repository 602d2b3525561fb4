import { InitError } from "../system/errors.ts";
import { rows } from "../system/users.ts";

/** What a process becomes; -1 keeps what the supervisor has. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface IdentityFiles {
  readonly passwd: string;
  readonly group: string;
}

export const ownIdentity: Identity = { uid: -1, gid: -1, groups: [] };

/**
 * A watcher's `uid` and `gid`, each a name or a number, as circus takes them: without `gid` the user's own group, and the user's
 * supplementary groups in any case (initgroups). Unlike circus's, a number that /etc/passwd lacks is taken when `gid` is there.
 * Throws InitError.
 */
export function findIdentity(user: string | undefined, group: string | undefined, files: IdentityFiles): Identity {
  const gid = group === undefined ? undefined : findGroup(group, files.group);
  if (user === undefined) return gid === undefined ? ownIdentity : { ...ownIdentity, gid };
  const users = rows(files.passwd);
  const number = /^\d+$/.test(user) ? Number(user) : undefined;
  const entry = users.find(([name, , uid]) => (number === undefined ? name === user : Number(uid) === number));
  if (!entry && number === undefined) throw new InitError("no-such-user", `${user} isn't a user of /etc/passwd`);
  const primary = gid ?? (entry ? Number(entry[3]) : undefined);
  if (primary === undefined)
    throw new InitError("no-such-user", `${user} isn't a uid of /etc/passwd, so its group has to be given with gid`);
  const listed = entry ? rows(files.group).filter((row) => (row[3] ?? "").split(",").includes(entry[0]!)) : [];
  return {
    uid: number ?? Number(entry![2]),
    gid: primary,
    groups: [...new Set([primary, ...listed.map((row) => Number(row[2]))])],
  };
}

function findGroup(group: string, text: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const found = rows(text).find(([name]) => name === group);
  if (!found) throw new InitError("no-such-group", `${group} isn't a group of /etc/group`);
  return Number(found[2]);
}
