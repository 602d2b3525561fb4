import * as native from "native";
import { check, ECONNREFUSED, EEXIST, ENOENT, InitError, systemError } from "../../system/errors.ts";
import { makeFolders, parentOf, statFile } from "../../system/files.ts";
import { defaultEndpoints, isPrivateFolder } from "../endpoint.ts";

/** Connections that wait to be let in. */
const BACKLOG = 1024;

export interface ListeningSocket {
  readonly fd: number;
  readonly path: string;
}

/**
 * Opens the control socket: at `path`, or in a folder of its own. Its file has mode 0600 from its first moment and belongs to
 * `owner`, where one is given. A file that a daemon left behind is replaced; throws InitError where one still listens.
 */
export function openListeningSocket(path: string | undefined, owner: number | undefined): ListeningSocket {
  const place = path ?? defaultPath();
  if (path !== undefined) makeFolders(parentOf(absolute(path)), 0o700);
  removeLeftOver(place);
  const fd = check(native.socket("unix", "stream"), () => "socket");
  try {
    check(native.bindUnix(fd, place, 0o600), () => `bind ${place}`);
    if (owner !== undefined) check(native.lchown(place, owner, native.gid()), () => `chown ${place}`);
    check(native.listen(fd, BACKLOG), () => `listen ${place}`);
  } catch (error) {
    native.close(fd);
    throw error;
  }
  return { fd, path: place };
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${check(native.readlink("/proc/self/cwd"), () => "working directory")}/${path}`;
}

/** Makes the first folder that can be made; one that is there already has to be safe. */
function defaultPath(): string {
  const uid = native.uid();
  const reasons: string[] = [];
  for (const { folder, path } of defaultEndpoints(uid)) {
    const made = native.mkdir(folder, 0o700);
    // The umask may have taken bits of the owner's too.
    if (made === 0) check(native.chmod(folder, 0o700), () => `chmod ${folder}`);
    if (made === 0 || (made === -EEXIST && isPrivateFolder(folder, uid))) return path;
    const reason = made === -EEXIST ? "belongs to somebody else" : systemError(-made, `mkdir ${folder}`).message;
    reasons.push(made === -EEXIST ? `${folder} ${reason}` : reason);
  }
  throw new InitError("no-place", `no place for the control socket (option endpoint): ${reasons.join("; ")}`);
}

/** Nobody listens at a socket's file after its daemon died. */
function removeLeftOver(path: string): void {
  const found = statFile(path, false);
  if (!found) return;
  if (found.type !== "socket")
    throw new InitError("eexist", `control socket ${path}: there is a ${found.type} already`);
  const fd = check(native.socket("unix", "stream"), () => "socket");
  const connected = native.connectUnix(fd, path);
  const listener = connected === 0 ? native.peerCredentials(fd) : -1;
  native.close(fd);
  if (connected !== -ECONNREFUSED && connected !== -ENOENT) {
    const who = typeof listener === "number" ? "another program" : `process ${listener.pid}`;
    throw new InitError("eaddrinuse", `control socket ${path}: ${who} listens there already`);
  }
  native.unlink(path);
}
