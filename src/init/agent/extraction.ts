import * as native from "native";
import type { ExtractRequest } from "../../protocol/messages.ts";
import { type TarEntry, type TarHandler, TarReader } from "../../protocol/tar-reader.ts";
import { TarError } from "../../protocol/tar-records.ts";
import { check, EEXIST, InitError } from "../system/errors.ts";
import {
  isDirectory,
  makeFolders,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  parentOf,
  removeTree,
  writeAll,
} from "../system/files.ts";

const nodeTypes = { fifo: 0o010000, character: 0o020000, block: 0o060000 } as const;

/**
 * Writes the entries of a tar stream into the container's file system. What is there is replaced, except that a folder
 * is merged with a folder. Whether anything else may take a folder's place, or be taken by one, the request says.
 */
export class Extraction implements TarHandler {
  readonly #request: Omit<ExtractRequest, "type" | "id">;
  readonly #reader = new TarReader(this);
  readonly #knownFolders = new Set<string>(["/"]);
  /** Set at the end: what is written into a folder touches its time. */
  readonly #folderTimes = new Map<string, TarEntry>();
  #madeLinks = false;
  #file: { readonly fd: number; readonly path: string; readonly entry: TarEntry } | undefined;

  constructor(request: Omit<ExtractRequest, "type" | "id">) {
    this.#request = request;
  }

  get madeLinks(): boolean {
    return this.#madeLinks;
  }

  push(data: Uint8Array): void {
    this.#reading(() => this.#reader.push(data));
  }

  finish(): void {
    this.#reading(() => this.#reader.finish());
    for (const [path, entry] of this.#folderTimes) setTime(path, entry);
  }

  /** To be called when it is not to be finished. */
  close(): void {
    if (this.#file) native.close(this.#file.fd);
    this.#file = undefined;
  }

  onEntry(entry: TarEntry): void {
    const path = pathOf(entry.name);
    this.#provideParent(path);
    if (entry.type === "directory") {
      this.#makeFolder(path, entry);
    } else if (entry.type === "file") {
      const fd = this.#replace(path, "open", () => native.open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600));
      this.#file = { fd, path, entry };
    } else if (entry.type === "link") {
      const existing = pathOf(entry.linkName);
      this.#madeLinks = true;
      if (existing !== path) this.#replace(path, `link ${existing}`, () => native.link(existing, path));
    } else if (entry.type === "symlink") {
      this.#replace(path, "symlink", () => native.symlink(entry.linkName, path));
      check(native.lchown(path, entry.uid, entry.gid), () => `chown ${path}`);
      setXattrs(path, entry);
      setTime(path, entry);
    } else {
      const mode = nodeTypes[entry.type] | entry.mode;
      this.#replace(path, "mknod", () => native.mknod(path, mode, entry.major, entry.minor));
      setAttributes(path, entry);
      setTime(path, entry);
    }
  }

  onData(part: Uint8Array): void {
    if (this.#file) writeAll(this.#file.fd, part, this.#file.path);
  }

  onEntryEnd(): void {
    if (!this.#file) return;
    const { fd, path, entry } = this.#file;
    // The owner first: changing it takes set-id bits and file capabilities away.
    check(native.fchown(fd, entry.uid, entry.gid), () => `chown ${path}`);
    check(native.fchmod(fd, entry.mode), () => `chmod ${path}`);
    setXattrs(path, entry);
    check(native.futimens(fd, entry.mtime, entry.nanoseconds), () => `utimes ${path}`);
    this.#file = undefined;
    check(native.close(fd), () => `close ${path}`);
  }

  #reading(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close();
      throw error instanceof TarError ? new InitError("bad-archive", error.message) : error;
    }
  }

  #provideParent(path: string): void {
    const parent = parentOf(path);
    if (this.#knownFolders.has(parent)) return;
    makeFolders(parent, 0o755, { uid: this.#request.parentUid, gid: this.#request.parentGid });
    this.#knownFolders.add(parent);
  }

  #replace(path: string, what: string, make: () => number): number {
    const made = replace(path, this.#request.replace, what, make);
    // A folder that was known may have been taken away.
    if (this.#request.replace) this.#knownFolders.delete(path);
    return made;
  }

  #makeFolder(path: string, entry: TarEntry): void {
    const made = native.mkdir(path, 0o700);
    if (made !== -EEXIST) check(made, () => `mkdir ${path}`);
    else if (!isDirectory(native.lstat(path))) {
      if (!this.#request.replace) throw new InitError("enotdir", `cannot copy to non-directory: ${path}`);
      check(native.unlink(path), () => `remove ${path}`);
      check(native.mkdir(path, 0o700), () => `mkdir ${path}`);
    }
    setAttributes(path, entry);
    this.#knownFolders.add(path);
    this.#folderTimes.set(path, entry);
  }
}

/** Absolute, without empty and `.` parts. */
function pathOf(name: string): string {
  if (name.startsWith("/") && !/\/(\.{0,2}\/|\.{0,2}$)/.test(name)) return name;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw new InitError("bad-archive", `the archive names ${name}, which leads upwards`);
  return `/${parts.join("/")}`;
}

/** Makes something at a path, taking away what is there; a folder only when `folders`. */
function replace(path: string, folders: boolean, what: string, make: () => number): number {
  let result = make();
  if (result === -EEXIST) {
    if (!isDirectory(native.lstat(path))) check(native.unlink(path), () => `remove ${path}`);
    else if (folders) removeTree(path);
    else throw new InitError("eisdir", `cannot replace to directory ${path} with file`);
    result = make();
  }
  return check(result, () => `${what} ${path}`);
}

function setAttributes(path: string, entry: TarEntry): void {
  check(native.lchown(path, entry.uid, entry.gid), () => `chown ${path}`);
  check(native.chmod(path, entry.mode), () => `chmod ${path}`);
  setXattrs(path, entry);
}

function setXattrs(path: string, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs)
    check(native.setxattr(path, name, value.slice().buffer), () => `setxattr ${name} ${path}`);
}

function setTime(path: string, entry: TarEntry): void {
  check(native.utimens(path, entry.mtime, entry.nanoseconds), () => `utimes ${path}`);
}
