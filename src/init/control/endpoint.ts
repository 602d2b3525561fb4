import { lstat, uid as ownUid, stat } from "native";
import { InitError } from "../system/errors.ts";
import { isDirectory } from "../system/files.ts";

/**
 * Where control is, when nobody says: a folder of the daemon's user below the first of these that can be written; a container
 * with a read-only root file system has /dev/shm still.
 */
const places = ["/run", "/dev/shm", "/tmp"];

export interface DefaultEndpoint {
  readonly folder: string;
  readonly path: string;
}

export function defaultEndpoints(uid: number): readonly DefaultEndpoint[] {
  return places.map((place) => {
    const folder = `${place}/slipway-init-${uid}`;
    return { folder, path: `${folder}/control.sock` };
  });
}

/** A path, also as `unix://PATH` or circus's `ipc://PATH`. Throws InitError of what can't be opened here. */
export function endpointPath(endpoint: string): string {
  const path = endpoint.replace(/^(ipc|unix):\/\//, "");
  if (/^[a-z]+:\/\//.test(path))
    throw new InitError("bad-endpoint", `no such endpoint: ${endpoint}: only unix sockets are (a path, or ipc://PATH)`);
  return path;
}

/** Whether a folder is one that nobody else can put anything into: made by the user it is named after. */
export function isPrivateFolder(folder: string, uid: number): boolean {
  const found = lstat(folder);
  return typeof found !== "number" && isDirectory(found) && found.uid === uid && (found.mode & 0o077) === 0;
}

/**
 * The daemon that a client means when nobody says: its own user's; for root also that of PID 1's user, as in a container whose
 * app has a user of its own. Throws InitError where there is none.
 */
export function findEndpoint(): string {
  const own = ownUid();
  const init = own === 0 ? stat("/proc/1") : -1;
  const uids = typeof init === "number" || init.uid === own ? [own] : [own, init.uid];
  const candidates = uids.flatMap((uid) => defaultEndpoints(uid).map((endpoint) => ({ ...endpoint, uid })));
  const found = candidates.find(
    ({ folder, path, uid }) => isPrivateFolder(folder, uid) && typeof lstat(path) !== "number",
  );
  if (!found) {
    const looked = candidates.map(({ path }) => path).join(", ");
    throw new InitError("no-daemon", `no circusd is running for this user: there is none of ${looked}`);
  }
  return found.path;
}
