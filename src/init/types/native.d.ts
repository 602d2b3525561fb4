/** The native module; src/init/native has its functions. A failed system call answers the negative errno. */
declare module "native" {
  export interface Spawn {
    /** What execve gets: absolute, or relative to `cwd`. */
    readonly file: string;
    readonly argv: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    /** -1 keeps the program's own; the supplementary groups too, where the uid is kept. */
    readonly uid: number;
    readonly gid: number;
    readonly groups: readonly number[];
    /** Become descriptors 0, 1, 2…; at most 16. -1 leaves one out. */
    readonly fds: readonly number[];
    /** Stay open under their own numbers, from 16 on; at most 64. */
    readonly keep?: readonly number[];
    /** 1: descriptor 0 becomes the controlling terminal. */
    readonly terminal: 0 | 1;
    /** 1: a process group of its own in this program's session, in the foreground of its terminal; else a session of its own. */
    readonly groupOnly?: 0 | 1;
    /** 022 when left out; -1 keeps this program's. */
    readonly umask?: number;
    /** Pairs of a resource's number and its limit, soft and hard; -1: none. */
    readonly limits?: readonly number[];
  }

  export interface SpawnFailure {
    /** The system call that failed: `chdir`, `setgroups`, `exec`… */
    readonly call: string;
    readonly error: number;
  }

  export interface Ended {
    readonly pid: number;
    /** 128+n after a signal. */
    readonly exitCode: number;
    /** 0 when none ended it. */
    readonly signal: number;
  }

  export interface Stat {
    /** With the type bits. */
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    /** Seconds and nanoseconds since 1970. */
    readonly mtime: number;
    readonly nanoseconds: number;
    readonly dev: number;
    readonly ino: number;
  }

  /** The words of the command line, the name of the program first. */
  export function args(): string[];
  /** `NAME=value` each. */
  export function environment(): string[];
  /**
   * Becomes another program, no signal ignored; answers only when that failed. `keeps` 1: what is blocked stays so, for a program
   * of ours that reads signals from a descriptor and must not miss one.
   */
  export function exec(file: string, argv: readonly string[], env: readonly string[], keeps?: 0 | 1): number;
  /** Carries out what promises wait for; a program that uses promises calls it in each turn of its loop. */
  export function runJobs(): void;
  export function spawn(plan: Spawn): number | SpawnFailure;
  /** 0 when no child ended yet, -ECHILD without children. */
  export function wait(): Ended | number;
  export function kill(pid: number, signal: number): number;
  export function signalFd(signals: readonly number[]): number;
  /** 1: SIGHUP, SIGINT, SIGQUIT or SIGTERM, though blocked, ends the program with 128+n in the midst of a computation. */
  export function endWhenTold(on: 0 | 1): void;
  export function becomeReaper(): number;
  export function pid(): number;
  /** The effective ones. */
  export function uid(): number;
  export function gid(): number;
  /** Answers the mask before. */
  export function umask(mode: number): number;
  export function exit(code: number): never;
  export function openPty(rows: number, columns: number): [master: number, slave: number] | number;
  export function setWindowSize(fd: number, rows: number, columns: number): number;
  export function terminalState(master: number): [linewise: boolean, foregroundGroup: number] | number;

  /** `fds`: an array of struct pollfd. -1 waits for ever. */
  export function poll(fds: ArrayBuffer, count: number, milliseconds: number): number;
  export function now(): number;
  export function pipe(): [read: number, write: number] | number;
  export function setNonblocking(fd: number): number;
  export function setBlocking(fd: number): number;
  export function setPipeSize(fd: number, bytes: number): number;
  export function read(fd: number, buffer: ArrayBufferLike, offset: number, length: number): number;
  export function write(fd: number, buffer: ArrayBufferLike, offset: number, length: number): number;
  /** As `write`, for a descriptor that others share and that must stay a blocking one: -EAGAIN where it would wait. */
  export function writeBriefly(fd: number, buffer: ArrayBufferLike, offset: number, length: number): number;
  /** Another descriptor of the same, not below `lowest`. */
  export function duplicate(fd: number, lowest: number): number;
  export function open(path: string, flags: number, mode: number): number;
  export function close(fd: number): number;
  /** Puts something before and after (in place of the newline) as many lines as `output` has room for. */
  export function decorateLines(
    input: ArrayBufferLike,
    offset: number,
    length: number,
    prefix: ArrayBufferLike,
    end: ArrayBufferLike,
    skipsEmpty: boolean,
    output: ArrayBufferLike,
  ): [taken: number, written: number];
  export function encode(text: string): ArrayBuffer;
  export function decode(buffer: ArrayBufferLike, offset: number, length: number): string;

  export function lstat(path: string): Stat | number;
  export function stat(path: string): Stat | number;
  export function readlink(path: string): string | number;
  export function readdir(path: string): string[] | number;
  export function mkdir(path: string, mode: number): number;
  export function unlink(path: string): number;
  export function rename(from: string, to: string): number;
  export function rmdir(path: string): number;
  export function symlink(target: string, path: string): number;
  export function link(existing: string, path: string): number;
  export function mknod(path: string, mode: number, major: number, minor: number): number;
  export function lchown(path: string, uid: number, gid: number): number;
  export function chmod(path: string, mode: number): number;
  export function utimens(path: string, seconds: number, nanoseconds: number): number;
  export function setxattr(path: string, name: string, value: ArrayBuffer): number;
  export function fchown(fd: number, uid: number, gid: number): number;
  export function fchmod(fd: number, mode: number): number;
  export function futimens(fd: number, seconds: number, nanoseconds: number): number;

  export interface PeerCredentials {
    readonly pid: number;
    readonly uid: number;
    readonly gid: number;
  }

  export interface InternetAddress {
    /** Numeric. */
    readonly host: string;
    readonly port: number;
  }

  /** Non-blocking and closed by exec, as what `accept` answers. */
  export function socket(family: "unix" | "inet" | "inet6", type: "stream" | "datagram"): number;
  /** Makes the socket's file with exactly this mode, whatever the umask is. */
  export function bindUnix(fd: number, path: string, mode: number): number;
  /** `host` is numeric; see `resolve`. Port 0 takes a free one; `localAddress` tells which. */
  export function bindInternet(fd: number, host: string, port: number): number;
  /** -EAGAIN: the listener's backlog is full. */
  export function connectUnix(fd: number, path: string): number;
  /** -EINPROGRESS: writable when it is done; `socketError` tells how it went. */
  export function connectInternet(fd: number, host: string, port: number): number;
  export function listen(fd: number, backlog: number): number;
  export function accept(fd: number): number;
  /** The negative errno of a connection that failed; 0 without one. */
  export function socketError(fd: number): number;
  export function reuseAddress(fd: number): number;
  export function reusePort(fd: number): number;
  export function bindToDevice(fd: number, networkInterface: string): number;
  export function peerCredentials(fd: number): PeerCredentials | number;
  export function localAddress(fd: number): InternetAddress | number;
  /** Numeric addresses of a host, best first. It waits for the network where /etc/hosts lacks the name. */
  export function resolve(host: string, family: "inet" | "inet6"): string[] | number;

  /** Whether a regular expression matches somewhere in `count` UTF-16 units: 1 or 0; -EINVAL: no such; -ETIMEDOUT. */
  export function matchPattern(pattern: string, units: ArrayBuffer, count: number, milliseconds: number): number;
  export interface StatIn {
    /** With the type bits. */
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    /** How many names the file has. */
    readonly names: number;
    readonly dev: number;
    readonly ino: number;
  }
  /** These start at a folder that is open, and never follow a symbolic link. */
  export function openIn(folder: number, name: string, flags: number, mode: number): number;
  export function listIn(folder: number): string[] | number;
  /** Of the folder itself where the name is empty. */
  export function statIn(folder: number, name: string): StatIn | number;
  /** Group and mode of a file that is still the one with `dev` and `ino`; else -ESTALE. */
  export function changeIn(folder: number, name: string, dev: number, ino: number, gid: number, mode: number): number;

  export function inotifyInit(): number;
  /** The watch's number, that of before where this folder has one. */
  export function inotifyAdd(inotify: number, folder: number, mask: number): number;
  export function inotifyRemove(inotify: number, watch: number): number;
  /** Watch, mask and name of each event in a row; -EAGAIN: none. */
  export function inotifyRead(inotify: number): (number | string)[] | number;

  /** 1: keys come one by one and unseen, Ctrl-C too; 0: as it was before. */
  export function setRawTerminal(fd: number, on: 0 | 1): number;
  /** -ENOTTY of what is no terminal; zeros where it does not know. */
  export function windowSize(fd: number): [rows: number, columns: number] | number;
  /** SHA-256 in hexadecimal digits; of a text, its UTF-8. */
  export function digestText(text: string): string;
  export function digestFile(path: string): string | number;

  export interface ScannedChange {
    readonly kind: "added" | "changed" | "removed";
    readonly path: string;
    readonly type: "file" | "directory" | "symlink" | "block" | "character" | "fifo" | "socket";
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    readonly mtime: number;
    readonly target: string | undefined;
    readonly timesOnly?: boolean;
  }
  /** What changed below / since the scan before, without `skip`; undefined the first time. */
  export function scan(skip: readonly string[]): ScannedChange[] | undefined;
  /** Whether a file of several names was made, or got one of them, on the root file system since the program started. */
  export function findLink(): boolean | number;
}
