/**
 * What circus's ini files say, checked and with every default in place. Names are circus's own with camel case; units are
 * circus's own: seconds. Source: circus's configuration reference. What circus lacks stands last in each interface.
 */
export interface Configuration {
  readonly circus: CircusOptions;
  readonly watchers: readonly WatcherOptions[];
  readonly sockets: readonly SocketOptions[];
  /** Of the plugin, for watchers that are added later; undefined: no watcher is checked for flapping. */
  readonly flapping: FlappingOptions | undefined;
}

export interface CircusOptions {
  /** Path of the control socket, also of circus's `ipc://PATH`; undefined: where control puts it by default. */
  readonly endpoint: string | undefined;
  /** The user who gets the control socket. */
  readonly endpointOwner: string | undefined;
  readonly checkDelay: number;
  readonly warmupDelay: number;
  readonly umask: number | undefined;
  readonly pidfile: string | undefined;
  readonly loglevel: LogLevel;
  /** `-` for standard error, or a path. */
  readonly logoutput: string;
  readonly debug: boolean;
  /** The watcher whose end ends everything, with its status. */
  readonly follow: string | undefined;
  /** Where events go as JSON lines: `-` for standard output, or a path. */
  readonly events: string | undefined;
  /** Apply the permission policy and keep new files right (see src/policy). */
  readonly development: boolean;
}

export type LogLevel = "debug" | "info" | "warning" | "error" | "critical";

export interface WatcherOptions {
  readonly name: string;
  /** With its `$(circus.wid)` and other forms of a process still in it; see expand-process.ts. */
  readonly cmd: string;
  readonly args: readonly string[] | string;
  readonly shell: boolean;
  readonly shellArgs: readonly string[] | string;
  readonly workingDir: string | undefined;
  readonly uid: string | undefined;
  readonly gid: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly copyEnv: boolean;
  readonly copyPath: boolean;
  readonly warmupDelay: number;
  readonly autostart: boolean;
  readonly numprocesses: number;
  /** By the name after `rlimit_`: nofile, core, as…; -1: no limit. */
  readonly rlimits: Readonly<Record<string, number>>;
  readonly stdoutStream: StreamOptions | undefined;
  readonly stderrStream: StreamOptions | undefined;
  /** Name of the socket that becomes descriptor 0. */
  readonly stdinSocket: string | undefined;
  readonly closeChildStdin: boolean;
  readonly closeChildStdout: boolean;
  readonly closeChildStderr: boolean;
  readonly sendHup: boolean;
  /** A number. */
  readonly stopSignal: number;
  readonly stopChildren: boolean;
  /** -1: for ever. */
  readonly maxRetry: number;
  readonly gracefulTimeout: number;
  readonly priority: number;
  readonly singleton: boolean;
  readonly useSockets: boolean;
  readonly maxAge: number;
  readonly maxAgeVariance: number;
  readonly onDemand: boolean;
  readonly respawn: boolean;
  /** The flapping plugin's options with the watcher's own `flapping.*`; undefined: not checked. */
  readonly flapping: FlappingOptions | undefined;
  /** Options that neither circus nor we know, as circus's `options` command shows them. */
  readonly extras: Readonly<Record<string, string>>;
  readonly hooks: Readonly<Partial<Record<HookName, HookOptions>>>;
  /** Runs to its end once, and is done: a prepare step. */
  readonly once: boolean;
  /** Watchers that must be ready (or, when they run once, done) before this one starts. */
  readonly after: readonly string[];
  readonly ready: ReadyOptions | undefined;
  /** A program that tells by its exit code whether the watcher is well; `slipway-init health` asks it. */
  readonly health: string | undefined;
  /** Five or six fields as cron has them: a process is started at these times. */
  readonly schedule: string | undefined;
  readonly backoff: BackoffOptions | undefined;
  /** NAME of the environment: file whose content, without a last newline, is its value. Of `secrets = NAME` and NAME_FILE. */
  readonly envFiles: Readonly<Record<string, string>>;
  /** Where it was said, for messages. */
  readonly origin: Origin;
}

export interface Origin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export type HookName =
  | "before_start"
  | "after_start"
  | "before_spawn"
  | "after_spawn"
  | "before_stop"
  | "after_stop"
  | "before_signal"
  | "after_signal"
  | "before_reap"
  | "after_reap"
  | "extended_stats";

/** A program in place of circus's Python callable: it gets CIRCUS_WATCHER, CIRCUS_HOOK, CIRCUS_PID…; 0 means true. */
export interface HookOptions {
  readonly command: string;
  /** circus's `,true`: what goes wrong in it counts as true. */
  readonly ignoreFailure: boolean;
}

export type StreamOptions =
  | {
      readonly class: "FileStream";
      readonly filename: string;
      readonly maxBytes: number;
      readonly backupCount: number;
      readonly timeFormat: string | undefined;
    }
  | { readonly class: "WatchedFileStream"; readonly filename: string; readonly timeFormat: string | undefined }
  | {
      readonly class: "TimedRotatingFileStream";
      readonly filename: string;
      readonly backupCount: number;
      readonly timeFormat: string | undefined;
      readonly rotateWhen: "S" | "M" | "H" | "D" | "midnight" | "W0" | "W1" | "W2" | "W3" | "W4" | "W5" | "W6";
      readonly rotateInterval: number;
      readonly utc: boolean;
    }
  | { readonly class: "StdoutStream" }
  | { readonly class: "FancyStdoutStream"; readonly color: string | undefined; readonly timeFormat: string }
  /** Ours: each line to standard output behind the watcher's name. */
  | { readonly class: "NamedStdoutStream" };

export interface SocketOptions {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Of a unix socket; undefined: TCP or UDP. */
  readonly path: string | undefined;
  readonly family: "AF_INET" | "AF_INET6" | "AF_UNIX";
  readonly type: "SOCK_STREAM" | "SOCK_DGRAM";
  readonly interface: string | undefined;
  readonly umask: number | undefined;
  readonly replace: boolean;
  readonly soReuseport: boolean;
  readonly blocking: boolean;
  readonly backlog: number;
  readonly origin: Origin;
}

/** circus's flapping plugin; seconds; a `maxRetry` of -1: for ever. */
export interface FlappingOptions {
  readonly attempts: number;
  readonly window: number;
  readonly retryIn: number;
  readonly maxRetry: number;
  readonly active: boolean;
}

export type ReadyOptions =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "port"; readonly host: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string }
  /** A newline on this descriptor, as s6's notification-fd. */
  | { readonly kind: "descriptor"; readonly fd: number }
  /** `READY=1` on the datagram socket in NOTIFY_SOCKET, as systemd's sd_notify. */
  | { readonly kind: "notify" }
  | { readonly kind: "program"; readonly command: string };

/** Exponential: the first wait, the longest, what each is multiplied with; seconds. Ends after `resetAfter` of quiet. */
export interface BackoffOptions {
  readonly first: number;
  readonly longest: number;
  readonly factor: number;
  readonly resetAfter: number;
}

/** Something wrong, or worth knowing, in a configuration. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly hint: string | undefined;
  readonly origin: Origin;
}

/** What reading a configuration needs of the world. Errors are thrown as InitError with a message. */
export interface ConfigurationSource {
  readText(path: string): string;
  /** Paths that match a shell pattern (`*`, `?`, `[…]`, `**` no), sorted; for include and include_dir. */
  glob(pattern: string): readonly string[];
  /** Of the daemon: for `[env]`, `$(circus.env.X)` and copy_env. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Everything wrong at once; `configuration` is undefined when there is an error. */
export interface ConfigurationReading {
  readonly configuration: Configuration | undefined;
  readonly findings: readonly Finding[];
}
