import { posix } from "node:path";
import type { FileStat, FileType } from "../../protocol/messages.ts";
import { resolvePath } from "./resolve-path.ts";
import type { CopyAgent } from "./types.ts";

export interface Existing {
  readonly type: FileType;
  readonly target: string | undefined;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The container's files as they will be once everything placed so far is there. */
export interface Destination {
  /** The real path, symbolic links followed below `root`; parts that do not exist stay as they are. */
  resolve(path: string, root?: string): Promise<string>;
  /** What is at a real path, symbolic links not followed. */
  at(path: string): Promise<Existing | undefined>;
  /** Looks at many real paths in one request. */
  look(paths: readonly string[]): Promise<void>;
  place(path: string, entry: Existing): void;
}

/** `agent` undefined: a layer of its own, in which nothing exists yet. */
export function openDestination(agent: Pick<CopyAgent, "stat"> | undefined): Destination {
  const known = new Map<string, Existing | undefined>([["/", rootFolder]]);
  /** Folders that are new: what was not placed in them is not there. */
  const fresh = new Set<string>(agent === undefined ? ["/"] : []);

  const isUnknown = (path: string) => !known.has(path) && !isAbsentBelow(path);
  const isAbsentBelow = (path: string): boolean => {
    const parent = posix.dirname(path);
    if (fresh.has(parent)) return true;
    if (known.has(parent)) return known.get(parent)?.type !== "directory";
    return parent !== path && isAbsentBelow(parent);
  };
  const look = async (paths: readonly string[]) => {
    const unknown = [...new Set(paths.filter(isUnknown))];
    if (agent === undefined || unknown.length === 0) return;
    const stats = await agent.stat(unknown, false);
    for (const [index, path] of unknown.entries()) known.set(path, existing(stats[index]));
  };
  const at = async (path: string) => {
    await look([path]);
    return known.get(path);
  };

  return {
    look,
    at,
    async resolve(path, root = "/") {
      await look(prefixesOf(posix.join(root, path)));
      return resolvePath(path, root, async (part) => (await at(part))?.target);
    },
    place(path, entry) {
      if (entry.type === "directory" && known.get(path)?.type !== "directory") fresh.add(path);
      known.set(path, entry);
    },
  };
}

const rootFolder: Existing = { type: "directory", target: undefined, mode: 0o755, uid: 0, gid: 0 };

function existing(stat: FileStat | undefined): Existing | undefined {
  return stat && { type: stat.type, target: stat.target, mode: stat.mode, uid: stat.uid, gid: stat.gid };
}

/** `/a`, `/a/b`, `/a/b/c` of `/a/b/c`. */
export function prefixesOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}
