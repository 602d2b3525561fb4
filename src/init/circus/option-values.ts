import { InitError } from "../system/errors.ts";
import type { FlappingOptions, StreamOptions, WatcherOptions } from "./configuration.ts";
import type { Findings } from "./findings.ts";
import type { IniOption, IniSection } from "./ini.ts";
import { camelCase, snakeCase } from "./option-names.ts";
import { openSection } from "./section-options.ts";
import { readWatcher } from "./watcher-options.ts";

/** Options by circus's names, as `circusctl add` and `set` send them: JSON values, or texts as in a file. */
export type OptionValues = Readonly<Record<string, unknown>>;

export interface ValuesContext {
  /** Names of all sockets. */
  readonly sockets: readonly string[];
  /** What `[plugin:flapping]` says. */
  readonly flapping: FlappingOptions | undefined;
}

const origin = { file: "circusctl", line: 1 };

/** A watcher that no file has, with circus's defaults. Throws InitError that names all that is wrong. */
export function createWatcher(name: string, values: OptionValues, context: ValuesContext): WatcherOptions {
  const { args, ...others } = values;
  const environment = new Map(Object.entries(textsOf(values.env ?? {})));
  const read = readValues(name, Array.isArray(args) ? others : values, environment, context);
  return Array.isArray(args) ? { ...read, args: args.map(String) } : read;
}

/** The watcher with other values for some of its options. Throws InitError that names all that is wrong. */
export function changeWatcher(watcher: WatcherOptions, values: OptionValues, context: ValuesContext): WatcherOptions {
  const environment = new Map(Object.entries(values.env === undefined ? watcher.env : textsOf(values.env)));
  const { args, ...others } = values;
  const extras = Object.fromEntries(
    Object.entries(textsOf(others)).filter(([name]) => Object.hasOwn(watcher.extras, name)),
  );
  const known = Object.fromEntries(Object.entries(others).filter(([name]) => !Object.hasOwn(extras, name)));
  const whole = {
    cmd: watcher.cmd,
    numprocesses: watcher.numprocesses,
    singleton: watcher.singleton,
    ...(args === undefined || Array.isArray(args) ? {} : { args }),
    ...streamValues("stdout_stream", watcher.stdoutStream, known),
    ...streamValues("stderr_stream", watcher.stderrStream, known),
    ...known,
  };
  const read = readValues(watcher.name, whole, environment, {
    ...context,
    flapping: watcher.flapping ?? context.flapping,
  });
  const changed: Record<string, unknown> = { ...watcher, extras: { ...watcher.extras, ...extras } };
  for (const name of Object.keys(values)) {
    const field = fieldOf(name);
    if (field === undefined || !(field in read)) continue;
    const value = read[field];
    changed[field] = field === "rlimits" || field === "hooks" ? { ...watcher[field], ...(value as object) } : value;
  }
  if (Array.isArray(args)) changed.args = args.map(String);
  return changed as unknown as WatcherOptions;
}

function readValues(
  name: string,
  values: OptionValues,
  environment: Map<string, string>,
  context: ValuesContext,
): WatcherOptions {
  const options = new Map<string, IniOption>();
  for (const [key, value] of Object.entries(flatten(values))) options.set(key, { name: key, value, origin });
  const section: IniSection = { name: `watcher:${name}`, origin, options };
  const findings: Findings = [];
  const watcher = readWatcher(
    openSection(section, (text) => text, findings),
    name,
    { environment, ...context },
  );
  const errors = findings.filter(({ severity }) => severity === "error").map(({ message }) => message);
  for (const key of Object.keys(watcher.extras)) errors.push(`unknown key '${key}'`);
  if (errors.length > 0) throw new InitError("bad-options", errors.join("; "));
  return watcher;
}

/** Objects as `hooks`, `stdout_stream`, `rlimits` become dotted names; `env` stands for itself. */
function flatten(values: OptionValues): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (name === "env") continue;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      for (const [key, text] of Object.entries(textsOf(value)))
        flat[name === "rlimits" ? `rlimit_${key}` : `${name}.${key}`] = text;
    else flat[name] = textOf(value);
  }
  return flat;
}

function textsOf(values: unknown): Record<string, string> {
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new InitError("bad-options", "'env' isn't a valid object");
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What a stream has already, when only some of it is set. */
function streamValues(name: string, stream: StreamOptions | undefined, values: OptionValues): Record<string, string> {
  const isTouched = Object.keys(values).some((key) => key.startsWith(`${name}.`));
  if (!isTouched || !stream || `${name}.class` in values) return {};
  return Object.fromEntries(
    Object.entries(stream)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`${name}.${snakeCase(key)}`, String(value)]),
  );
}

function fieldOf(name: string): keyof WatcherOptions | undefined {
  const [family = ""] = name.split(".");
  if (name.startsWith("rlimit_")) return "rlimits";
  if (name === "secrets") return "envFiles";
  return camelCase(family) as keyof WatcherOptions;
}
