import { InitError } from "./errors.ts";

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** Rows of /etc/passwd or /etc/group, as glibc takes them: comments and blanks before a line are allowed. */
export function rows(text: string): string[][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

/** Go's Atoi is what runc asks: digits with a sign. Undefined: a name. */
function numberOf(word: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(word)) return undefined;
  const id = Number(word);
  if (id < 0 || id > 0x7fffffff)
    throw new InitError("bad-user", `uids and gids must be in range 0-2147483647: ${word}`);
  return id;
}

function idOf(field: string | undefined): number {
  return /^[0-9]+$/.test(field ?? "") ? Number(field) : 0;
}

/**
 * `user`, `uid`, `user:group`… against the texts of /etc/passwd and /etc/group, by the rules of moby/sys/user's GetExecUser,
 * which runc and BuildKit call: a number is never a name, the first match wins, supplementary groups come only where no
 * group is given. Of `uid:gid` BuildKit asks no file.
 */
export function findUser(spec: string, passwd: string, group: string): User {
  const [userWord = "", groupWord = ""] = spec.split(":");
  const uidWord = numberOf(userWord);
  const gidWord = numberOf(groupWord);
  const wantedUid = userWord === "" ? 0 : uidWord;
  const users = rows(passwd);
  const entry = users.find(([name, , uid]) => (wantedUid === undefined ? name === userWord : idOf(uid) === wantedUid));
  if (entry === undefined && wantedUid === undefined)
    throw new InitError("no-such-user", `unable to find user ${userWord}: no matching entries in passwd file`);

  const uid = entry ? idOf(entry[2]) : wantedUid!;
  // runc takes the first that has the uid, whatever its name.
  const home = users.find((row) => idOf(row[2]) === uid)?.[5] || "/";
  if (groupWord === "") {
    const groups = entry ? rows(group).filter((row) => (row[3] ?? "").split(",").includes(entry[0]!)) : [];
    return { uid, gid: entry ? idOf(entry[3]) : 0, groups: groups.map((row) => idOf(row[2])), home };
  }
  const found = rows(group).find((row) => (gidWord === undefined ? row[0] === groupWord : idOf(row[2]) === gidWord));
  if (found === undefined && gidWord === undefined)
    throw new InitError("no-such-group", `unable to find group ${groupWord}: no matching entries in group file`);
  return { uid, gid: found ? idOf(found[2]) : gidWord!, groups: [], home };
}

/** The groups that a process gets: BuildKit puts the primary one first where it is missing. */
export function processGroups(user: User): readonly number[] {
  return user.groups.includes(user.gid) ? user.groups : [user.gid, ...user.groups];
}
