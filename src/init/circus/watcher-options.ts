import { InitError } from "../system/errors.ts";
import { SIGTERM } from "../system/signals.ts";
import type { FlappingOptions, WatcherOptions } from "./configuration.ts";
import { findNearestName, suggestName } from "./findings.ts";
import { hookNames, readHooks } from "./hook-options.ts";
import { readBackoff, readReady, readSchedule, readSecrets, takeNames } from "./own-options.ts";
import { readFlapping } from "./plugin-options.ts";
import { processFormNames, processForms } from "./process-forms.ts";
import { parseInteger, parseSignal } from "./python-values.ts";
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
  tellError,
  tellUnavailable,
  tellWarning,
} from "./section-options.ts";
import { splitWords } from "./shell-words.ts";
import { readStream } from "./stream-options.ts";
import { findUnknownForms } from "./substitution.ts";

/** By Python's resource module. */
const limits = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "ofile",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

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
  ...limits.map((limit) => `rlimit_${limit}`),
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

function readLimits(options: SectionOptions): Record<string, number> {
  const read: Record<string, number> = {};
  for (const written of namesBehind(options, "rlimit_")) {
    const key = `rlimit_${written}`;
    const name = written.toLowerCase();
    const value = takeParsed(options, key, (text) => {
      if (text.trim() === "") return -1;
      const limit = parseInteger(text);
      if (limit < -1) throw new InitError("bad-value", `${limit} is less than -1`);
      // As setrlimit has it: RLIM_INFINITY is the largest number.
      return limit >= 2 ** 63 ? -1 : limit;
    });
    if (limits.includes(name)) read[name === "ofile" ? "nofile" : name] = value ?? -1;
    else tellError(options, key, `no such limit: ${written}`, suggestName(name, limits));
  }
  return read;
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

function checkCommand(
  options: SectionOptions,
  watcher: WatcherOptions,
  { environment, sockets }: WatcherContext,
): void {
  const descriptors = Object.fromEntries(sockets.map((name) => [name, 0]));
  const secrets = Object.entries(watcher.envFiles);
  const variables = secrets.length === 0 ? environment : new Map([...environment, ...secrets]);
  const forms = processForms(watcher, variables, 1, descriptors);
  let words = 0;
  for (const name of ["cmd", "args", "shell_args"] as const) {
    const text = String(name === "shell_args" ? watcher.shellArgs : watcher[name]);
    for (const written of findUnknownForms(text, forms)) {
      const hint = nearestForm(written, processFormNames(variables, sockets));
      tellWarning(options, name, `${name}: nothing replaces ${written}`, hint);
    }
    if (/\$WID\b/.test(text)) tellWarning(options, name, `${name}: $WID is circus's old form`, "write $(circus.wid)");
    // What cannot be split is told, and not told again as missing.
    const split = text === "" ? [] : (takeParsed(options, name, () => splitWords(text)) ?? [text]);
    if (name !== "shell_args") words += split.length;
  }
  if (words === 0) tellError(options, "cmd", `watcher ${watcher.name} has no cmd`);
  if (watcher.shellArgs !== "" && !watcher.shell)
    tellWarning(options, "shell_args", "shell_args has no effect without shell");
  if (!watcher.useSockets && /circus\.sockets\./i.test(`${watcher.cmd} ${watcher.args}`))
    tellWarning(
      options,
      "cmd",
      "without use_sockets the socket's descriptor is closed in the process",
      "set use_sockets = True",
    );
}

function nearestForm(written: string, known: readonly string[]): string | undefined {
  const name = written.replace(/^..circus\.|\)+$/gi, "");
  const nearest = findNearestName(name, known);
  return nearest === undefined ? undefined : `did you mean $(circus.${nearest})?`;
}

function checkCombinations(options: SectionOptions, watcher: WatcherOptions, { sockets }: WatcherContext): void {
  const { stdinSocket } = watcher;
  if (watcher.singleton && watcher.numprocesses > 1)
    tellError(options, "numprocesses", `a singleton has one process, not ${watcher.numprocesses}`);
  if (!watcher.singleton && watcher.numprocesses === 0)
    tellWarning(options, "numprocesses", "with numprocesses = 0 no process is started");
  if (watcher.copyPath && !watcher.copyEnv) tellError(options, "copy_path", "copy_path needs copy_env");
  else if (watcher.copyPath)
    tellWarning(options, "copy_path", "copy_path has no effect: there is no Python's sys.path");
  if (stdinSocket !== undefined && !sockets.includes(stdinSocket))
    tellError(options, "stdin_socket", `there is no socket ${stdinSocket}`, suggestName(stdinSocket, sockets));
  if (watcher.onDemand && sockets.length === 0)
    tellWarning(options, "on_demand", "on_demand waits for a connection, and there is no [socket:…]");
  for (const other of ["schedule", "on_demand"] as const)
    if (watcher.once && (other === "schedule" ? watcher.schedule !== undefined : watcher.onDemand))
      tellError(options, "once", `once and ${other} exclude each other`);
}
