/**
 * What the session and its agent say to each other over the container's standard input and output.
 * Pure: the program (Node) and the agent (QuickJS) compile this same file. `frames.ts` has the byte format.
 */

export const PROTOCOL_VERSION = 1;

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface RunRequest {
  readonly type: "run";
  readonly id: number;
  readonly argv: readonly string[];
  /** `KEY=value`; the whole environment. HOME is added from /etc/passwd when absent. */
  readonly env: readonly string[];
  /** Absolute. Created when it does not exist, as runc does. */
  readonly cwd: string;
  /** As in USER: `name`, `uid`, `name:group`, `uid:gid`; empty is root. */
  readonly user: string;
  /** Whether the supplementary groups hold the primary one too; they do by default. */
  readonly listPrimaryGroup?: boolean;
  /** A pseudo-terminal instead of pipes; its output arrives as stdout. */
  readonly terminal: TerminalSize | undefined;
  /** Whether stdin frames will follow; otherwise it ends at once. */
  readonly stdin: boolean;
  /** Files that exist while it runs only (absolute path, content, mode). */
  readonly scripts: readonly { readonly path: string; readonly content: string; readonly mode: number }[];
  /**
   * `end`: whatever the command leaves behind is killed when it ends, and reported.
   * `keep`: what it leaves behind goes on (a launched application).
   */
  readonly leftovers: "end" | "keep";
  /**
   * Sends a `command` notice for each command line that an interactive shell finished. The shell must have been started
   * with the files in /dev/slipway/shell: `bash --rcfile /dev/slipway/shell/bashrc`, or ENV=/dev/slipway/shell/shrc.
   */
  readonly record?: boolean;
}

/** Asks for `hello`. The client sends it after the sync sequence (frames.ts) whenever it attaches. */
export interface HelloRequest {
  readonly type: "hello";
}

export interface StatRequest {
  readonly type: "stat";
  readonly id: number;
  readonly paths: readonly string[];
  /** Follow symbolic links of the last part as well. */
  readonly follow: boolean;
}

/** Resolves USER and --chown words against the container's /etc/passwd and /etc/group. */
export interface LookupRequest {
  readonly type: "lookup";
  readonly id: number;
  readonly user: string;
}

/** Makes a folder and its missing parents, each new one with this mode and owner. */
export interface MkdirRequest {
  readonly type: "mkdir";
  readonly id: number;
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Unpacks the tar stream whose data frames follow: entry names are absolute in the container, existing symbolic links in
 * parents are followed within it, owner, mode, times, xattrs, links and devices are set as the entries say. Parents that
 * are missing and not in the archive get mode 755 and `parentUid:parentGid`.
 */
export interface ExtractRequest {
  readonly type: "extract";
  readonly id: number;
  readonly parentUid: number;
  readonly parentGid: number;
  /** A folder gives way to something else, and something else to a folder; without it that is an error. */
  readonly replace: boolean;
}

/**
 * What changed on the root file system since the last `changes` request (the first one only takes the baseline).
 * Mounts are not entered.
 */
export interface ChangesRequest {
  readonly type: "changes";
  readonly id: number;
}

/**
 * Whether files of several names were made on the root file system since the agent started; mounts are not entered.
 * Without `look`: as far as extractions made some.
 */
export interface LinksRequest {
  readonly type: "links";
  readonly id: number;
  readonly look: boolean;
}

/** Ends everything that runs except the agent itself. */
export interface QuietRequest {
  readonly type: "quiet";
  readonly id: number;
}

/** Ends the agent, and with it the container. */
export interface ShutdownRequest {
  readonly type: "shutdown";
  readonly id: number;
}

export interface SignalNotice {
  readonly type: "signal";
  readonly id: number;
  /** `SIGINT`, `SIGTERM`…; goes to the command's whole process group. */
  readonly signal: string;
}

export interface ResizeNotice extends TerminalSize {
  readonly type: "resize";
  readonly id: number;
}

/** Ends an extraction that is not to be finished; what it wrote stays. Answered by `failed` with code `cancelled`. */
export interface CancelNotice {
  readonly type: "cancel";
  readonly id: number;
}

export type ToAgent =
  | HelloRequest
  | RunRequest
  | StatRequest
  | LookupRequest
  | MkdirRequest
  | ExtractRequest
  | ChangesRequest
  | LinksRequest
  | QuietRequest
  | ShutdownRequest
  | SignalNotice
  | ResizeNotice
  | CancelNotice;

export interface LeftBehind {
  readonly pid: number;
  readonly command: string;
}

/** What a client that attached finds running, left there by one that is gone. */
export interface RunningCommand {
  readonly id: number;
  readonly argv: readonly string[];
}

/** Answers the request of that name. */
export interface Hello {
  readonly type: "hello";
  readonly version: number;
  readonly pid: number;
  readonly running: readonly RunningCommand[];
}

/** So many bytes of stdin were taken by the command; at most STDIN_WINDOW bytes may be on their way. */
export interface ConsumedNotice {
  readonly type: "consumed";
  readonly id: number;
  readonly bytes: number;
}

/** Bytes of stdin that a client may send ahead of `consumed` notices. */
export const STDIN_WINDOW = 1 << 18;

/** A command line of an interactive shell that was started with `record`. */
export interface CommandNotice {
  readonly type: "command";
  readonly id: number;
  readonly command: string;
  /** Where it was given. */
  readonly workdir: string;
  readonly exitCode: number;
}

export interface RunResult {
  readonly type: "ran";
  readonly id: number;
  /** 128+n when a signal ended it; 126 and 127 when it could not be started, with `error`. */
  readonly exitCode: number;
  readonly signal: string | undefined;
  readonly error: string | undefined;
  readonly leftBehind: readonly LeftBehind[];
  readonly milliseconds: number;
}

export type FileType = "file" | "directory" | "symlink" | "block" | "character" | "fifo" | "socket";

export interface FileStat {
  readonly path: string;
  readonly type: FileType;
  /** Permission bits with set-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly target: string | undefined;
}

export interface StatResult {
  readonly type: "stat";
  readonly id: number;
  /** Undefined where nothing is. */
  readonly entries: readonly (FileStat | undefined)[];
}

export interface LookupResult {
  readonly type: "lookup";
  readonly id: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home: string;
}

export interface Done {
  readonly type: "done";
  readonly id: number;
}

/**
 * A removed folder stands for all that was in it; an added one is followed by what is in it. The size of what was removed
 * is the former one.
 */
export interface FileChange extends FileStat {
  readonly kind: "added" | "changed" | "removed";
  /** A changed folder of which just the times changed: something in it came or went. */
  readonly timesOnly?: boolean;
}

export interface ChangesResult {
  readonly type: "changes";
  readonly id: number;
  readonly changes: readonly FileChange[];
}

export interface LinksResult {
  readonly type: "links";
  readonly id: number;
  readonly found: boolean;
}

/** The request `id` could not be done; `code` is a lower-case errno name (`enoent`) or `no-such-user`… */
export interface Failed {
  readonly type: "failed";
  readonly id: number;
  readonly code: string;
  readonly message: string;
}

export type FromAgent =
  | Hello
  | ConsumedNotice
  | CommandNotice
  | RunResult
  | StatResult
  | LookupResult
  | Done
  | ChangesResult
  | LinksResult
  | Failed;
