import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import type { Entry, Wanted } from "../../policy/decide.ts";
import type { TreeReader } from "../../policy/inspect-tree.ts";

/** A folder that is held open. Names are bytes, each a character below U+0100, so that every file name survives. */
export interface OpenFolder {
  readonly fd: number;
}

/** Linux's O_PATH, which Node doesn't name: to hold a file without reading it. */
const O_PATH = 0o10000000;

/** `/proc/self/fd/N/NAME` starts at the open folder itself: what openat(2) is in C. */
function pathIn({ fd }: OpenFolder, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}/${name}`, "latin1");
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

const goneCodes = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

export const nodeTree: TreeReader<OpenFolder> = {
  open(parent, name) {
    try {
      return { fd: openSync(pathIn(parent, name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW) };
    } catch (error) {
      return goneCodes.has(codeOf(error)) ? undefined : reasonOf(error);
    }
  },
  list({ fd }) {
    try {
      return readdirSync(`/proc/self/fd/${fd}`, "buffer").map((name) => name.toString("latin1"));
    } catch (error) {
      return reasonOf(error);
    }
  },
  stat(folder, name) {
    try {
      return entryOf(lstatSync(pathIn(folder, name)));
    } catch (error) {
      // A folder that lets names be read but nothing more is told by its own mode.
      if (goneCodes.has(codeOf(error)) || codeOf(error) === "EACCES") return undefined;
      throw error;
    }
  },
  readText(folder, name) {
    try {
      const fd = openSync(pathIn(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        return readFileSync(fd, "latin1");
      } finally {
        closeSync(fd);
      }
    } catch {
      return undefined;
    }
  },
  close({ fd }) {
    closeSync(fd);
  },
};

/** Opens the folder of a path that the user named; links in it are the user's own. Throws what open(2) says. */
export function openFolder(path: string): OpenFolder {
  return { fd: openSync(path, constants.O_RDONLY | constants.O_DIRECTORY) };
}

export function entryOf(stats: Stats): Entry {
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : "other";
  const { mode, uid, gid, nlink, dev, ino } = stats;
  return { type, mode: mode & 0o7777, uid, gid, names: nlink, identity: `${dev}:${ino}` };
}

/** Gives an entry its wanted group and mode. A text: why that failed; undefined: done, or the entry is gone. */
export function changeEntry(folder: OpenFolder, name: string, entry: Entry, wanted: Wanted): string | undefined {
  let fd: number;
  try {
    fd = openSync(pathIn(folder, name), O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    return goneCodes.has(codeOf(error)) ? undefined : reasonOf(error);
  }
  try {
    if (entryOf(fstatSync(fd)).identity !== entry.identity) return undefined;
    const path = `/proc/self/fd/${fd}`;
    // The group first: more rights are for the new one only.
    if (wanted.gid !== entry.gid) chownSync(path, -1, wanted.gid);
    chmodSync(path, wanted.mode);
    // The kernel drops set-group-id without an error for somebody who is not in the group.
    return (fstatSync(fd).mode & 0o7777) === wanted.mode ? undefined : "you are no member of the file's group";
  } catch (error) {
    return reasonOf(error);
  } finally {
    closeSync(fd);
  }
}

/** Replaces a repository's configuration as git does, under its lock. A text: why that failed. */
export function writeGitConfig(repository: OpenFolder, text: string): string | undefined {
  const lock = pathIn(repository, "config.lock");
  try {
    writeFileSync(lock, text, { encoding: "latin1", flag: "wx", mode: 0o664 });
  } catch (error) {
    return codeOf(error) === "EEXIST" ? "config.lock: a git command works on it" : reasonOf(error);
  }
  try {
    const { uid, gid, mode } = lstatSync(pathIn(repository, "config"));
    chownSync(lock, uid, gid);
    chmodSync(lock, mode & 0o7777);
    renameSync(lock, pathIn(repository, "config"));
    return undefined;
  } catch (error) {
    unlinkSync(lock);
    return reasonOf(error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "you may not",
  EPERM: "only its owner or root may",
  EROFS: "the file system is read-only",
};

function reasonOf(error: unknown): string {
  return reasons[codeOf(error)] ?? codeOf(error);
}
