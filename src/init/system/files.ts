import * as native from "native";
import type { FileStat, FileType } from "../../protocol/messages.ts";
import { check, EEXIST, ENOENT, ENOTDIR, systemError } from "./errors.ts";

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;

const types: ReadonlyMap<number, FileType> = new Map([
  [0o010000, "fifo"],
  [0o020000, "character"],
  [S_IFDIR, "directory"],
  [0o060000, "block"],
  [S_IFREG, "file"],
  [0o120000, "symlink"],
  [0o140000, "socket"],
]);

export function isDirectory(stat: native.Stat | number): boolean {
  return typeof stat !== "number" && (stat.mode & S_IFMT) === S_IFDIR;
}

/** Undefined where nothing is. */
export function statFile(path: string, follow: boolean): FileStat | undefined {
  const found = follow ? native.stat(path) : native.lstat(path);
  if (found === -ENOENT || found === -ENOTDIR) return undefined;
  const stat = check(found, () => `stat ${path}`);
  const type = types.get(stat.mode & S_IFMT)!;
  const target = type === "symlink" ? check(native.readlink(path), () => `readlink ${path}`) : undefined;
  return {
    path,
    type,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    size: stat.size,
    mtime: stat.mtime,
    target,
  };
}

/** The bytes of a small file. */
export function readFile(path: string): Uint8Array {
  const fd = check(native.open(path, 0, 0), () => `open ${path}`);
  let bytes = new Uint8Array(4096);
  let length = 0;
  for (;;) {
    const count = native.read(fd, bytes.buffer, length, bytes.length - length);
    if (count <= 0) {
      native.close(fd);
      check(count, () => `read ${path}`);
      return bytes.subarray(0, length);
    }
    length += count;
    if (length === bytes.length) {
      const larger = new Uint8Array(4 * length);
      larger.set(bytes);
      bytes = larger;
    }
  }
}

export function readText(path: string): string {
  return new TextDecoder().decode(readFile(path));
}

/** Writes all of it: a file never makes the agent wait. */
export function writeAll(fd: number, bytes: Uint8Array, path: string): void {
  for (let at = 0; at < bytes.length; )
    at += check(native.write(fd, bytes.buffer, bytes.byteOffset + at, bytes.length - at), () => `write ${path}`);
}

export function parentOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end <= 0 ? "/" : path.slice(0, end);
}

/** Symbolic links that lead to nothing yet, in a row, as the kernel follows others. */
const MAX_LINKS = 40;

/**
 * Makes a folder and its missing parents; the new ones, outermost first. Symbolic links on the way are followed, and
 * what they lead to is made where it is missing, as BuildKit does.
 */
export function makeFolders(
  path: string,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
  links = 0,
): string[] {
  const made: string[] = [];
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  let current = "";
  for (const part of parts) {
    const parent = current;
    current += `/${part}`;
    const result = native.mkdir(current, mode);
    if (result === -EEXIST) {
      const found = native.stat(current);
      if (isDirectory(found)) continue;
      const target = found === -ENOENT ? native.readlink(current) : -ENOTDIR;
      if (typeof target === "number" || links === MAX_LINKS) throw systemError(ENOTDIR, `mkdir ${current}`);
      made.push(...makeFolders(target.startsWith("/") ? target : `${parent}/${target}`, mode, owner, links + 1));
      continue;
    }
    check(result, () => `mkdir ${current}`);
    made.push(current);
    // mkdir's mode went through the umask, and has no set-id bits.
    if (owner) check(native.lchown(current, owner.uid, owner.gid), () => `chown ${current}`);
    check(native.chmod(current, mode), () => `chmod ${current}`);
  }
  return made;
}

/** Removes a folder with all that is in it, or anything else; symbolic links are not followed. */
export function removeTree(path: string): void {
  if (!isDirectory(native.lstat(path))) {
    check(native.unlink(path), () => `remove ${path}`);
    return;
  }
  for (const name of check(native.readdir(path), () => `read ${path}`)) removeTree(`${path}/${name}`);
  check(native.rmdir(path), () => `remove ${path}`);
}
