import type { Place } from "./place.ts";
import { EDITOR_GID } from "./policy.ts";
import { isClosedKey } from "./secrets.ts";

/** What a file system tells of a name. */
export interface Entry {
  readonly type: "file" | "folder" | "link" | "other";
  /** Permission bits, with set-user-id, set-group-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** How many names it has. */
  readonly names: number;
  /** Tells two files apart: device and inode. */
  readonly identity: string;
}

/** What is wrong with an entry, in the words of who meets it. */
export type Problem =
  | "group"
  | "members-read"
  | "members-write"
  | "members-run"
  | "members-too-much"
  | "set-group-id"
  | "others-read"
  | "others-write"
  | "secret-open";

export interface Wanted {
  readonly mode: number;
  readonly gid: number;
  readonly problems: readonly Problem[];
}

const SET_USER_ID = 0o4000;
const SET_GROUP_ID = 0o2000;

/**
 * What an entry should be; undefined: it is right, or nothing that a policy speaks of. Links, devices, sockets and pipes are left alone,
 * and so are programs with a set-id bit: with it, who may write them is who may be their owner.
 */
export function decide(place: Place, entry: Entry): Wanted | undefined {
  const { type, mode } = entry;
  if (place.access === "exclude" || type === "link" || type === "other") return undefined;
  const isFolder = type === "folder";
  if (!isFolder && (mode & (SET_USER_ID | SET_GROUP_ID)) !== 0) return undefined;
  if (place.access === "secret") return closeToAll(entry);
  const name = place.path.slice(place.path.lastIndexOf("/") + 1);
  if (!isFolder && isClosedKey(name, mode)) return undefined;

  const owner = (mode >> 6) & 7;
  const group = place.access === "read-only" ? owner & 5 : owner;
  const readable = place.access === "read-write" ? mode & 7 : owner & 5;
  const others = isFolder && place.passed ? readable | 1 : readable;
  const wanted = (mode & 0o7700) | (isFolder ? SET_GROUP_ID : 0) | (group << 3) | others;
  return wanted === mode && entry.gid === EDITOR_GID
    ? undefined
    : { mode: wanted, gid: EDITOR_GID, problems: describe(entry, wanted) };
}

function closeToAll({ mode, gid }: Entry): Wanted | undefined {
  return (mode & 0o077) === 0 ? undefined : { mode: mode & 0o7700, gid, problems: ["secret-open"] };
}

function describe({ type, mode, gid }: Entry, wanted: number): Problem[] {
  const missing = wanted & ~mode;
  const excess = mode & ~wanted;
  const problems: readonly (readonly [Problem, boolean])[] = [
    ["group", gid !== EDITOR_GID],
    ["members-read", (missing & 0o040) !== 0],
    ["members-write", (missing & 0o020) !== 0],
    ["members-run", (missing & 0o010) !== 0],
    ["members-too-much", (excess & 0o070) !== 0],
    ["set-group-id", type === "folder" && (missing & SET_GROUP_ID) !== 0],
    ["others-read", (missing & 0o005) !== 0],
    ["others-write", (excess & 0o007) !== 0],
  ];
  return problems.filter(([, holds]) => holds).map(([problem]) => problem);
}

/** Each problem in the words of a list. */
export const problemTexts: Readonly<Record<Problem, string>> = {
  group: "of another group",
  "members-read": "members can't read it",
  "members-write": "members can't write it",
  "members-run": "members can't run or enter it",
  "members-too-much": "members may do more than the policy says",
  "set-group-id": "no set-group-id",
  "others-read": "others can't read it",
  "others-write": "others may do more than the policy says",
  "secret-open": "secret, and open to others",
};

/** `drwxrwsr-x`, as ls has it. */
export function formatMode(entry: Pick<Entry, "type">, mode: number): string {
  const bits = [6, 3, 0].map((shift, index) => {
    const three = (mode >> shift) & 7;
    const special = (mode >> (11 - index)) & 1;
    const letter = index === 2 ? "t" : "s";
    const last = special === 1 ? ((three & 1) === 1 ? letter : letter.toUpperCase()) : (three & 1) === 1 ? "x" : "-";
    return `${(three & 4) === 4 ? "r" : "-"}${(three & 2) === 2 ? "w" : "-"}${last}`;
  });
  return `${entry.type === "folder" ? "d" : "-"}${bits.join("")}`;
}
