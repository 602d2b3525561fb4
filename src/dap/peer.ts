import { access, readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { userInfo } from "node:os";

/** Where Linux lists connections with the user of each end (proc(5)). */
const tables = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Whether the system tells whose a local connection is. */
export async function tellsUsers(): Promise<boolean> {
  return await access(tables[0]!).then(
    () => true,
    () => false,
  );
}

/** Whether the program at the other end of a connection within this machine is run by this user. */
export async function isOwnConnection({
  localPort,
  remotePort,
}: Pick<Socket, "localPort" | "remotePort">): Promise<boolean> {
  if (localPort === undefined || remotePort === undefined) return false;
  for (const table of tables) {
    const uid = findUser(await readFile(table, "utf8").catch(() => ""), remotePort, localPort);
    if (uid !== undefined) return uid === userInfo().uid;
  }
  return false;
}

/** The user id of the established connection from one port to the other, in a table of /proc/net. */
export function findUser(table: string, from: number, to: number): number | undefined {
  for (const line of table.split("\n")) {
    const match = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) 01 \S+ \S+ \S+\s+(\d+)/.exec(line);
    if (!match) continue;
    const [, local, remote, uid] = match;
    if (Number.parseInt(local!, 16) === from && Number.parseInt(remote!, 16) === to) return Number(uid);
  }
  return undefined;
}
