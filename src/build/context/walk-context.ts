import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { platform } from "node:os";
import { join, sep } from "node:path";
import { setImmediate } from "node:timers/promises";
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
  const walk: Walk = { root, filter: options.filter ?? everyPath, options, seen: new Map() };
  let turn = performance.now();
  for (const entry of walkFolder(walk, options.start ?? "")) {
    yield entry;
    if (performance.now() - turn < TURN) continue;
    // Calls to the file system are synchronous: keys, output and the engine get their turn here.
    await setImmediate();
    options.signal?.throwIfAborted();
    turn = performance.now();
  }
}

/** Milliseconds that a walk keeps the program from everything else. */
const TURN = 10;

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

/** A folder whose names are being gone through. */
interface Visit {
  readonly prefix: string;
  readonly names: readonly string[];
  next: number;
  /** The folder itself, where it is ignored and nothing has needed it yet. */
  held: ContextEntry | undefined;
}

/** One loop over a stack, not a generator in each folder: an entry would pass through all of those above it. */
function* walkFolder(walk: Walk, start: string): Generator<ContextEntry, void> {
  const visits = [visitFolder(walk, start)];
  for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
    const name = visit.names[visit.next++];
    if (name === undefined) {
      visits.pop();
      continue;
    }
    const path = visit.prefix + name;
    const stat = statOrGone(walk.root + sep + path);
    // Gone between listing and looking: as if it had never been listed.
    if (stat === undefined) continue;
    const isDirectory = stat.isDirectory();
    const included = walk.filter.includes(path, isDirectory);
    if (!included && !(isDirectory && walk.filter.mayContainIncluded(path))) continue;
    const entry = describeEntry(walk, path, stat);
    if (entry === undefined) {
      walk.options.onSkipped?.(path, "a socket can't be part of a build context");
      continue;
    }
    if (included) {
      yield* takeHeld(visits);
      yield entry;
    }
    if (isDirectory) visits.push(visitFolder(walk, path, included ? undefined : entry));
  }
}

function visitFolder(walk: Walk, folder: string, held?: ContextEntry): Visit {
  walk.options.signal?.throwIfAborted();
  return { prefix: folder === "" ? "" : `${folder}/`, names: readNames(walk, folder), next: 0, held };
}

function* takeHeld(visits: readonly Visit[]): Generator<ContextEntry, void> {
  for (const visit of visits) {
    if (visit.held === undefined) continue;
    yield visit.held;
    visit.held = undefined;
  }
}

function readNames(walk: Walk, folder: string): readonly string[] {
  try {
    const names = readdirSync(join(walk.root, folder));
    // Only beside surrogates does the order of UTF-16 differ from that of bytes.
    if (!names.some((name) => /[\ud800-\udfff]/.test(name))) return names.sort();
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

function describeEntry(walk: Walk, path: string, stat: BigIntStats): ContextEntry | undefined {
  const type = entryType(stat);
  if (type === undefined) return undefined;
  const isFile = type === "file";
  return {
    path,
    type,
    mode: type === "symlink" ? 0o777 : entryMode(Number(stat.mode)),
    size: isFile ? Number(stat.size) : 0,
    modified: stat.mtimeNs,
    target: type === "symlink" ? readTarget(join(walk.root, path)) : undefined,
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

function readTarget(path: string): string {
  try {
    const target = readlinkSync(path);
    return windows ? target.replaceAll("\\", "/") : target;
  } catch (cause) {
    throw unreadable(path, cause);
  }
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
