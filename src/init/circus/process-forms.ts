import type { StreamOptions, WatcherOptions } from "./configuration.ts";
import { snakeCase } from "./option-names.ts";
import { environmentSubstitutions } from "./substitution.ts";

/** As Python's str() prints it: circus puts its own values into commands so. */
function python(value: string | number | boolean | undefined | readonly string[]): string {
  if (value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" || typeof value === "number" ? String(value) : value.join(" ");
}

function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function streamForms(name: string, stream: StreamOptions | undefined): [string, string][] {
  return Object.entries(stream ?? {}).flatMap(([key, value]) =>
    key === "class" || value === undefined ? [] : [[`${name}.${snakeCase(key)}`, python(value)] as [string, string]],
  );
}

/**
 * All that circus puts into `cmd`, `args` and `shell_args` of a process, by the name behind `circus.`: the options that its
 * Process.format_args knows, and no others (the watcher's name is not among them).
 */
export function processForms(
  watcher: WatcherOptions,
  environment: Iterable<readonly [string, string]>,
  wid: number,
  sockets: Readonly<Record<string, number>>,
): Map<string, string> {
  return new Map([
    ...environmentSubstitutions(environment),
    ...Object.entries(watcher.rlimits).map(([name, value]) => [`rlimits.${name}`, python(value)] as const),
    ...streamForms("stdout_stream_conf", watcher.stdoutStream),
    ...streamForms("stderr_stream_conf", watcher.stderrStream),
    ["wid", python(wid)],
    ["numprocesses", python(watcher.numprocesses)],
    ["warmup_delay", python(watcher.warmupDelay)],
    ["working_dir", python(watcher.workingDir)],
    ["uid", python(watcher.uid)],
    ["gid", python(watcher.gid)],
    ["send_hup", python(watcher.sendHup)],
    ["stop_signal", python(watcher.stopSignal)],
    ["stop_children", python(watcher.stopChildren)],
    ["shell", python(watcher.shell)],
    ["shell_args", python(watcher.shellArgs)],
    ["max_retry", python(watcher.maxRetry)],
    ["cmd", watcher.cmd],
    ["args", python(watcher.args)],
    ["respawn", python(watcher.respawn)],
    ["graceful_timeout", pythonFloat(watcher.gracefulTimeout)],
    ["executable", "None"],
    ["use_sockets", python(watcher.useSockets)],
    ["use_fds", python(watcher.useSockets)],
    ["priority", python(watcher.priority)],
    ["copy_env", python(watcher.copyEnv)],
    ["singleton", python(watcher.singleton)],
    ["on_demand", python(watcher.onDemand)],
    ["max_age", python(watcher.maxAge)],
    ["max_age_variance", python(watcher.maxAgeVariance)],
    ["close_child_stdin", python(watcher.closeChildStdin)],
    ["close_child_stdout", python(watcher.closeChildStdout)],
    ["close_child_stderr", python(watcher.closeChildStderr)],
    ...Object.entries(sockets).map(([name, fd]) => [`sockets.${name.toLowerCase()}`, python(fd)] as const),
  ]);
}
