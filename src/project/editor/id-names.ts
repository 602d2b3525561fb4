import { readFile } from "node:fs/promises";

export interface IdNames {
  user(uid: number): string;
  group(gid: number): string;
}

/** Names for a list, from /etc/passwd and /etc/group as ls without a directory service has them; else numbers. */
export async function nameIds(): Promise<IdNames> {
  const [users, groups] = await Promise.all(["/etc/passwd", "/etc/group"].map(readNames));
  return { user: (uid) => users!.get(uid) ?? String(uid), group: (gid) => groups!.get(gid) ?? String(gid) };
}

async function readNames(path: string): Promise<Map<number, string>> {
  const rows = (await readFile(path, "utf8")).split("\n").map((line) => line.split(":"));
  return new Map(rows.flatMap(([name, , id]) => (id === undefined ? [] : [[Number(id), name!] as const])).reverse());
}
