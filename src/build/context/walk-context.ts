import { type BigIntStats, lstatSync } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import { everyPath, type PathFilter } from "./path-filter.ts";

export type EntryType = "file" | "directory" | "symlink" | "fifo" | "character-device" | "block-device";

/** One path of a build context, as it is sent: owner and group are always 0. */
export interface ContextEntry {
  /** Relative to the context, with forward slashes. */
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0o7777 at most. */
  readonly mode: number;
  /** Bytes; 0 for all but files. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
  /** Of a symlink, as it is stored. */
  readonly target: string | undefined;
  /** A file that is another name of one that came before: that one's path. */
  readonly hardLink: string | undefined;
  /** Of a device. */
  readonly device: { readonly major: number; readonly minor: number } | undefined;
}

export interface WalkOptions {
  /** A folder of the context to start in: only what is in it comes, with paths that still count from the context. */
  readonly start?: string | undefined;
  readonly filter?: PathFilter | undefined;
  /** Sockets can't be sent: each is named here. */
  readonly onSkipped?: ((path: string, reason: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The entries of a build context in the order of their names' bytes, a folder before what it holds. A folder that is ignored but
 * holds something that is not comes along. Ignored folders that can't be read are passed by.
 * Errors: CONTEXT_UNREADABLE.
 */
export async function* walkContext(root: string, options: WalkOptions = {}): AsyncGenerator<ContextEntry, void> {
  yield* walkFolder({ root, filter: options.filter ?? everyPath, options, seen: new Map() }, options.start ?? "", []);
}

/** One path of a context, symbolic links not followed; the context itself is the empty path. Undefined where nothing is. */
export async function describeContextPath(root: string, path: string): Promise<ContextEntry | undefined> {
  const stat = statOrGone(join(root, path));
  return stat && describeEntry({ root, filter: everyPath, options: {}, seen: new Map() }, path, stat);
}

/** The names in a folder of a context, in byte order. */
export async function readContextFolder(root: string, path: string): Promise<readonly string[]> {
  return readNames({ root, filter: everyPath, options: {}, seen: new Map() }, path);
}

interface Walk {
  readonly root: string;
  readonly filter: PathFilter;
  readonly options: WalkOptions;
  /** Files with several names, by device and inode. */
  readonly seen: Map<string, string>;
}

/** `held`: ignored folders on the way here that nothing has needed yet; emptied when something does. */
async function* walkFolder(walk: Walk, folder: string, held: ContextEntry[]): AsyncGenerator<ContextEntry, void> {
  walk.options.signal?.throwIfAborted();
  const names = await readNames(walk, folder);
  const prefix = folder === "" ? "" : `${folder}/`;
  const stats = names.map((name) => statOrGone(join(walk.root, prefix + name)));
  for (const [index, name] of names.entries()) {
    const stat = stats[index];
    // Gone between listing and looking: as if it had never been listed.
    if (stat === undefined) continue;
    const path = prefix + name;
    const isDirectory = stat.isDirectory();
    const included = walk.filter.includes(path, isDirectory);
    if (!included && !(isDirectory && walk.filter.mayContainIncluded(path))) continue;
    const entry = await describeEntry(walk, path, stat);
    if (entry === undefined) {
      walk.options.onSkipped?.(path, "a socket can't be part of a build context");
      continue;
    }
    if (!included) held.push(entry);
    else {
      yield* held.splice(0);
      yield entry;
    }
    if (!isDirectory) continue;
    yield* walkFolder(walk, path, held);
    if (held.at(-1) === entry) held.pop();
  }
}

async function readNames(walk: Walk, folder: string): Promise<string[]> {
  try {
    const names = await readdir(join(walk.root, folder));
    return names
      .map((name) => ({ name, bytes: Buffer.from(name) }))
      .sort((a, b) => a.bytes.compare(b.bytes))
      .map(({ name }) => name);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" && folder !== "") return [];
    if (code === "EACCES" && folder !== "" && !walk.filter.includes(folder, true)) return [];
    throw unreadable(join(walk.root, folder), cause);
  }
}

/** Synchronous, since a thread of Node's pool for each file takes ten times as long as the call itself. */
function statOrGone(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw unreadable(path, cause);
  }
}

async function describeEntry(walk: Walk, path: string, stat: BigIntStats): Promise<ContextEntry | undefined> {
  const type = entryType(stat);
  if (type === undefined) return undefined;
  const isFile = type === "file";
  return {
    path,
    type,
    mode: type === "symlink" ? 0o777 : entryMode(Number(stat.mode)),
    size: isFile ? Number(stat.size) : 0,
    modified: stat.mtimeNs,
    target:
      type === "symlink" ? (await readlink(join(walk.root, path))).replaceAll("\\", windows ? "/" : "\\") : undefined,
    hardLink: isFile && stat.nlink > 1n ? firstName(walk.seen, `${stat.dev}:${stat.ino}`, path) : undefined,
    device: type === "character-device" || type === "block-device" ? deviceNumbers(stat.rdev) : undefined,
  };
}

function entryType(stat: BigIntStats): EntryType | undefined {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isFIFO()) return "fifo";
  if (stat.isCharacterDevice()) return "character-device";
  if (stat.isBlockDevice()) return "block-device";
  return undefined;
}

const windows = platform() === "win32";

/** Windows has no execute bit: docker makes all that comes from there executable, and so does Slipway. */
function entryMode(mode: number): number {
  return windows ? (mode & 0o755) | 0o111 : mode & 0o7777;
}

function firstName(seen: Map<string, string>, inode: string, path: string): string | undefined {
  const first = seen.get(inode);
  if (first === undefined) seen.set(inode, path);
  return first;
}

/** glibc's `gnu_dev_major` and `gnu_dev_minor`. */
function deviceNumbers(device: bigint): { major: number; minor: number } {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

function unreadable(path: string, cause: unknown): SlipwayError {
  const { code } = cause as NodeJS.ErrnoException;
  return new SlipwayError("CONTEXT_UNREADABLE", `the build context can't be read: ${path}: ${code ?? cause}`, {
    hint: "make it readable, or name it in .dockerignore",
    cause,
  });
}
