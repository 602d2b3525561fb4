import type { WatcherOptions } from "./configuration.ts";
import { camelCase } from "./option-names.ts";
import { type Environment, environmentForms, type Substitutions } from "./substitution.ts";

/** The options of a watcher that circus's Process.format_args puts into commands; the watcher's name is not among them. */
const optionNames = [
  "numprocesses",
  "warmup_delay",
  "working_dir",
  "uid",
  "gid",
  "send_hup",
  "stop_signal",
  "stop_children",
  "shell",
  "shell_args",
  "max_retry",
  "cmd",
  "args",
  "respawn",
  "graceful_timeout",
  "use_sockets",
  "priority",
  "copy_env",
  "singleton",
  "on_demand",
  "max_age",
  "max_age_variance",
  "close_child_stdin",
  "close_child_stdout",
  "close_child_stderr",
];

const groups: Readonly<Record<string, keyof WatcherOptions>> = {
  rlimits: "rlimits",
  stdout_stream_conf: "stdoutStream",
  stderr_stream_conf: "stderrStream",
};

/** As Python's str() prints it: circus puts its own values into commands so. */
function python(value: unknown): string {
  if (value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** All that circus puts into `cmd`, `args` and `shell_args` of a process. */
export function processForms(
  watcher: WatcherOptions,
  environment: Environment,
  wid: number,
  sockets: Readonly<Record<string, number>>,
): Substitutions {
  const variables = environmentForms(environment);
  return (name) => {
    if (name === "wid") return String(wid);
    if (name === "executable") return "None";
    if (name === "use_fds") return python(watcher.useSockets);
    if (optionNames.includes(name)) {
      const value = watcher[camelCase(name) as keyof WatcherOptions];
      // Python's floats have a point.
      return name === "graceful_timeout" && Number.isInteger(value) ? `${value}.0` : python(value);
    }
    const [group = "", ...rest] = name.split(".");
    const member = rest.join(".");
    if (group === "sockets" && Object.hasOwn(sockets, member)) return String(sockets[member]);
    if (!Object.hasOwn(groups, group)) return variables(name);
    const values = (watcher[groups[group]!] ?? {}) as Readonly<Record<string, unknown>>;
    const key = camelCase(member);
    return Object.hasOwn(values, key) && values[key] !== undefined ? python(values[key]) : undefined;
  };
}

/** The names of forms, for hints. */
export function processFormNames(environment: Environment, sockets: readonly string[]): readonly string[] {
  return [
    "wid",
    ...optionNames,
    ...sockets.map((name) => `sockets.${name}`),
    ...[...environment.keys()].map((name) => `env.${name.toLowerCase()}`),
  ];
}
