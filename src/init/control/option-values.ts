import type { StreamOptions, WatcherOptions } from "../circus/configuration.ts";
import { snakeCase } from "../circus/option-names.ts";

/**
 * A watcher's options by circus's own names and in circus's units, as `options` and `get` tell them, sorted by name.
 * `workingDir` is where processes start that have no folder of their own. Pure.
 */
export function optionValues(options: WatcherOptions, workingDir: string | null): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {
    numprocesses: options.numprocesses,
    warmup_delay: options.warmupDelay,
    working_dir: options.workingDir ?? workingDir,
    uid: orNull(options.uid),
    gid: orNull(options.gid),
    send_hup: options.sendHup,
    stop_signal: options.stopSignal,
    stop_children: options.stopChildren,
    shell: options.shell,
    shell_args: options.shellArgs.length > 0 ? options.shellArgs : null,
    env: options.env,
    max_retry: options.maxRetry,
    cmd: options.cmd,
    executable: null,
    args: options.args,
    respawn: options.respawn,
    graceful_timeout: options.gracefulTimeout,
    use_sockets: options.useSockets,
    priority: options.priority,
    copy_env: options.copyEnv,
    copy_path: options.copyPath,
    autostart: options.autostart,
    singleton: options.singleton,
    stdout_stream_conf: streamValues(options.stdoutStream),
    stderr_stream_conf: streamValues(options.stderrStream),
    on_demand: options.onDemand,
    stdin_socket: orNull(options.stdinSocket),
    max_age: options.maxAge,
    max_age_variance: options.maxAgeVariance,
    close_child_stdin: options.closeChildStdin,
    close_child_stdout: options.closeChildStdout,
    close_child_stderr: options.closeChildStderr,
    once: options.once,
    after: options.after,
    health: orNull(options.health),
    schedule: orNull(options.schedule),
  };
  Object.assign(values, options.extras);
  for (const [name, limit] of Object.entries(options.rlimits)) values[`rlimit_${name}`] = limit;
  for (const [name, hook] of Object.entries(options.hooks)) values[`hooks.${name}`] = hook.command;
  return Object.fromEntries(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function orNull<T>(value: T | undefined): T | null {
  return value === undefined ? null : value;
}

function streamValues(stream: StreamOptions | undefined): Readonly<Record<string, unknown>> {
  const entries = Object.entries(stream ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [snakeCase(name), value]));
}
