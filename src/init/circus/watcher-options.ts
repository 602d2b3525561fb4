import { SIGTERM } from "../system/signals.ts";
import type { FlappingOptions, WatcherOptions } from "./configuration.ts";
import { hookNames, readHooks } from "./hook-options.ts";
import { limitNames, readLimits } from "./limit-options.ts";
import { readBackoff, readReady, readSchedule, readSecrets, takeNames } from "./own-options.ts";
import { readFlapping } from "./plugin-options.ts";
import { parseSignal } from "./python-values.ts";
import {
  namesBehind,
  type SectionOptions,
  takeBoolean,
  takeInteger,
  takeNumber,
  takeParsed,
  takeText,
  takeUnknown,
  takeWord,
  tellUnavailable,
  tellWarning,
} from "./section-options.ts";
import { readStream } from "./stream-options.ts";
import { checkCombinations, checkCommand } from "./watcher-checks.ts";

const unavailable: Readonly<Record<string, string>> = {
  executable: "circus does not use it either",
  prereload_fn: "it is a Python function",
  env: "environments stand in sections [env:NAME]",
  name: "the section's name counts",
  check_flapping: "flapping.active says whether a watcher is checked",
};

/** What supervisord calls what circus has under another name. */
const supervisordNames: Readonly<Record<string, string>> = {
  command: "cmd",
  directory: "working_dir",
  user: "uid",
  environment: "[env:NAME]",
  numprocs: "numprocesses",
  startretries: "max_retry",
  autorestart: "respawn",
  stopsignal: "stop_signal",
  stopwaitsecs: "graceful_timeout",
  stopasgroup: "stop_children",
  stdout_logfile: "stdout_stream.filename",
  stderr_logfile: "stderr_stream.filename",
};

/** Names that no option was asked by, for hints. */
const families = [
  ...["stdout_stream", "stderr_stream"].flatMap((stream) => [`${stream}.class`, `${stream}.filename`]),
  ...limitNames.map((limit) => `rlimit_${limit}`),
  ...hookNames.map((hook) => `hooks.${hook}`),
];

export interface WatcherContext {
  readonly environment: Map<string, string>;
  readonly sockets: readonly string[];
  readonly flapping: FlappingOptions | undefined;
}

/** `[watcher:NAME]`, with circus's defaults. */
export function readWatcher(options: SectionOptions, name: string, context: WatcherContext): WatcherOptions {
  tellUnavailable(options, unavailable);
  const copyEnv = takeBoolean(options, "copy_env", false);
  const envFiles = readSecrets(options, context.environment);
  const watcher: WatcherOptions = {
    name,
    cmd: takeText(options, "cmd") ?? "",
    args: takeText(options, "args") ?? "",
    shell: takeBoolean(options, "shell", false),
    shellArgs: takeText(options, "shell_args") ?? "",
    workingDir: takeWord(options, "working_dir"),
    uid: takeWord(options, "uid"),
    gid: takeWord(options, "gid"),
    env: Object.fromEntries(context.environment),
    envFiles,
    copyEnv,
    copyPath: takeBoolean(options, "copy_path", false),
    warmupDelay: takeNumber(options, "warmup_delay", 0, 0),
    autostart: takeBoolean(options, "autostart", true),
    numprocesses: takeInteger(options, "numprocesses", 1, 0),
    rlimits: readLimits(options),
    stdoutStream: readStream(options, "stdout_stream"),
    stderrStream: readStream(options, "stderr_stream"),
    stdinSocket: takeWord(options, "stdin_socket")?.toLowerCase(),
    closeChildStdin: takeBoolean(options, "close_child_stdin", true),
    closeChildStdout: takeBoolean(options, "close_child_stdout", false),
    closeChildStderr: takeBoolean(options, "close_child_stderr", false),
    sendHup: takeBoolean(options, "send_hup", false),
    stopSignal: takeParsed(options, "stop_signal", parseSignal) ?? SIGTERM,
    stopChildren: takeBoolean(options, "stop_children", false),
    maxRetry: takeInteger(options, "max_retry", 5, -1),
    gracefulTimeout: takeNumber(options, "graceful_timeout", 30, 0),
    priority: takeInteger(options, "priority", 0),
    singleton: takeBoolean(options, "singleton", false),
    useSockets: takeBoolean(options, "use_sockets", false),
    maxAge: takeInteger(options, "max_age", 0, 0),
    maxAgeVariance: takeInteger(options, "max_age_variance", 30, 0),
    onDemand: takeBoolean(options, "on_demand", false),
    respawn: takeBoolean(options, "respawn", true),
    flapping: readOwnFlapping(options, context.flapping),
    hooks: readHooks(options),
    once: takeBoolean(options, "once", false),
    after: takeNames(options, "after"),
    ready: readReady(options),
    health: takeWord(options, "health"),
    schedule: readSchedule(options),
    backoff: readBackoff(options),
    extras: {},
    origin: options.section.origin,
  };
  checkCommand(options, watcher, context);
  checkCombinations(options, watcher, context);
  return { ...watcher, extras: takeUnknown(options, families, supervisordNames) };
}

function readOwnFlapping(options: SectionOptions, flapping: FlappingOptions | undefined): FlappingOptions | undefined {
  if (flapping) {
    const own = readFlapping(options, "flapping.", flapping);
    return own.active ? own : undefined;
  }
  for (const name of namesBehind(options, "flapping.")) {
    options.asked.add(`flapping.${name}`);
    tellWarning(
      options,
      `flapping.${name}`,
      `flapping.${name} has no effect without the plugin`,
      "add [plugin:flapping] with use = circus.plugins.flapping.Flapping",
    );
  }
  return undefined;
}
