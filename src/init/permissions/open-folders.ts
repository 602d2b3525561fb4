import * as native from "native";
import type { Entry, Wanted } from "../../policy/decide.ts";
import type { TreeReader } from "../../policy/inspect-tree.ts";
import { EEXIST, ENOENT, ENOTDIR, errnoText } from "../system/errors.ts";
import { O_CREAT, O_EXCL, O_WRONLY, readText, writeAll } from "../system/files.ts";

export interface OpenFolder {
  readonly fd: number;
}

const O_DIRECTORY = 0o200000;
const O_NONBLOCK = 0o4000;
const ELOOP = 40;
const ESTALE = 116;
/** The folder was deleted, is a link by now, or another file has its name. */
const gone = new Set([ENOENT, ENOTDIR, ELOOP, ESTALE]);

const types: ReadonlyMap<number, Entry["type"]> = new Map([
  [0o040000, "folder"],
  [0o100000, "file"],
  [0o120000, "link"],
]);

export function entryOf(stat: native.StatIn): Entry {
  const { mode, uid, gid, names, dev, ino } = stat;
  const type = types.get(mode & 0o170000) ?? "other";
  return { type, mode: mode & 0o7777, uid, gid, names, identity: `${dev}:${ino}` };
}

/** Folders of one kind for the walk; `hold` makes what the walk carries of a descriptor. */
export function openFolders<Folder extends OpenFolder>(
  hold: (fd: number, parent: Folder, name: string) => Folder,
): TreeReader<Folder> {
  return {
    open(parent, name) {
      const fd = native.openIn(parent.fd, name, O_DIRECTORY, 0);
      if (fd >= 0) return hold(fd, parent, name);
      return gone.has(-fd) ? undefined : errnoText(-fd);
    },
    list({ fd }) {
      const names = native.listIn(fd);
      return typeof names === "number" ? errnoText(-names) : names;
    },
    stat({ fd }, name) {
      const stat = native.statIn(fd, name);
      return typeof stat === "number" ? undefined : entryOf(stat);
    },
    readText({ fd }, name) {
      const file = native.openIn(fd, name, O_NONBLOCK, 0);
      if (file < 0) return undefined;
      try {
        return readText(`/proc/self/fd/${file}`);
      } finally {
        native.close(file);
      }
    },
    close({ fd }) {
      native.close(fd);
    },
  };
}

/** A text: why that failed; undefined: done, or the entry is gone. An empty name is the folder itself. */
export function changeEntry({ fd }: OpenFolder, name: string, entry: Entry, wanted: Wanted): string | undefined {
  const [dev, ino] = entry.identity.split(":").map(Number);
  const result = native.changeIn(fd, name, dev!, ino!, wanted.gid, wanted.mode);
  return result >= 0 || gone.has(-result) ? undefined : errnoText(-result);
}

/** Replaces a repository's configuration as git does, under its lock. A text: why that failed; `locked`: git works on it. */
export function writeGitConfig({ fd }: OpenFolder, text: string): string | undefined {
  const before = native.statIn(fd, "config");
  if (typeof before === "number") return undefined;
  const lock = native.openIn(fd, "config.lock", O_WRONLY | O_CREAT | O_EXCL, 0o664);
  if (lock === -EEXIST) return "locked";
  if (lock < 0) return errnoText(-lock);
  const path = `/proc/self/fd/${fd}`;
  writeAll(lock, new TextEncoder().encode(text), `${path}/config.lock`);
  const result = [
    native.fchown(lock, before.uid, before.gid),
    native.fchmod(lock, before.mode & 0o7777),
    native.rename(`${path}/config.lock`, `${path}/config`),
  ].find((each) => each < 0);
  native.close(lock);
  if (result === undefined) return undefined;
  native.unlink(`${path}/config.lock`);
  return errnoText(-result);
}
