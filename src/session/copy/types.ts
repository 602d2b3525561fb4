import type { Readable } from "node:stream";
import type { Source } from "../../dockerfile/plan-types.ts";
import type { FileStat, LookupResult } from "../../protocol/messages.ts";
import type { CopyDialect } from "./dialect.ts";
import type { TarEntry } from "./tar-format.ts";

/** What a copy needs of the agent in the session's container. */
export interface CopyAgent {
  /** Undefined where nothing is. `follow`: also follow the last part when it is a symbolic link. */
  stat(paths: readonly string[], follow: boolean): Promise<readonly (FileStat | undefined)[]>;
  /** Rejects with a SlipwayError of code `no-such-user` or `no-such-group`. */
  lookup(user: string): Promise<Pick<LookupResult, "uid" | "gid">>;
  /**
   * Unpacks an archive whose names are absolute, of which each chunk is used before the next is asked for; missing parents belong to `parentUid:parentGid`. `replace`: folders and
   * other things may take each other's place.
   */
  extract(
    tar: AsyncIterable<Uint8Array>,
    options: {
      readonly parentUid: number;
      readonly parentGid: number;
      readonly replace: boolean;
      readonly signal?: AbortSignal;
    },
  ): Promise<void>;
}

export interface CopyDependencies {
  readonly agent: CopyAgent;
  /** Absolute path of the build context. */
  readonly context: string;
  /** Patterns of the ignore file that holds for the build context. */
  readonly ignorePatterns: readonly string[];
  /** Name of the ignore file, for messages. */
  readonly ignoreFile: string | undefined;
  /** `--build-context NAME=VALUE`: an absolute path of a folder, `docker-image://REF`, or the URL of a git repository. */
  readonly contexts: Readonly<Record<string, string>>;
  /**
   * The engine's archive of a path of a stage or an image: entry names start with the path's last name, symbolic links in
   * the path's parents are followed. Undefined where nothing is.
   */
  archiveOf(source: Extract<Source, { kind: "stage" | "image" }>, path: string): Promise<Readable | undefined>;
  /** Which BuildKit to agree with; undefined: the current release. */
  readonly dialect?: CopyDialect | undefined;
  /** Where the instruction stands, for messages: `Dockerfile:12`. */
  readonly place: string;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  /** Content bytes sent to the container so far. */
  readonly bytes: number;
  readonly files: number;
}

/** One path of a tree that is copied from; a hard link names the path of an earlier entry of the same walk. */
export interface SourceEntry extends Omit<TarEntry, "name"> {
  /** Absolute within its tree; `/` is the tree itself. */
  readonly path: string;
}

export interface ReadableEntry extends SourceEntry {
  /**
   * Of a regular file; to be read before the walk goes on, and at most once. With `into`, of CHUNK_LENGTH bytes, the chunks may
   * be views of it: each is valid until the next is asked for then.
   */
  content(into?: Buffer): AsyncIterable<Uint8Array>;
}

/** Chooses what of a folder is copied; paths are relative to it, with `/`. */
export interface EntryFilter {
  includes(path: string, isDirectory: boolean): boolean;
  /** False only when nothing below the folder can be included. */
  mayContainIncluded(directory: string): boolean;
}

/** Where files are copied from: a build context, a stage, an image, a fetched file or repository. */
export interface SourceTree {
  /** The entry at a path; symbolic links are not followed. Undefined where nothing is, or where it is ignored. */
  entryAt(path: string): Promise<SourceEntry | undefined>;
  /** The same, symbolic links followed without leaving the tree; the entry's path is one that has none in its last part. */
  find(path: string): Promise<SourceEntry | undefined>;
  /** The entries of a folder, names in byte order. */
  list(path: string): Promise<readonly SourceEntry[]>;
  /**
   * What is at a path of an entry and below it, parents first, names in byte order. A folder that the filter leaves out
   * comes only when something below it is included, just before that.
   */
  walk(path: string, filter?: EntryFilter): AsyncIterable<ReadableEntry>;
  /** Whether contents can be read in any order, long after the walk passed them. */
  readonly seekable: boolean;
}
