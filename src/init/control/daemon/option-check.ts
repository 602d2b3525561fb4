import type { OptionValues } from "../arbiter.ts";
import { isObject, type Properties, RequestError } from "../protocol.ts";

type Kind = "integer" | "number" | "integer or string" | "valid boolean" | "string" | "valid object" | "arguments";

/** What circus's `validate_option` lets `set` and `add` change, and what each value has to be. */
const kinds: Readonly<Record<string, Kind>> = {
  numprocesses: "integer",
  warmup_delay: "number",
  working_dir: "string",
  uid: "integer or string",
  gid: "integer or string",
  send_hup: "valid boolean",
  stop_signal: "integer",
  stop_children: "valid boolean",
  shell: "valid boolean",
  env: "valid object",
  cmd: "string",
  args: "arguments",
  copy_env: "valid boolean",
  retry_in: "number",
  max_retry: "integer",
  graceful_timeout: "number",
  max_age: "integer",
  max_age_variance: "integer",
  respawn: "valid boolean",
  singleton: "valid boolean",
  close_child_stdin: "valid boolean",
  close_child_stdout: "valid boolean",
  close_child_stderr: "valid boolean",
};

/** Whose parts may be given as an object, or one by one: `stdout_stream.filename`. */
const groups = ["stdout_stream", "stderr_stream", "hooks"];

function isText(value: unknown): value is string {
  return typeof value === "string";
}

const checks: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  integer: Number.isSafeInteger,
  number: Number.isFinite,
  "integer or string": (value) => isText(value) || Number.isSafeInteger(value),
  "valid boolean": (value) => typeof value === "boolean",
  string: isText,
  "valid object": isObject,
  arguments: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
};

/**
 * Options of a message by circus's names, their types checked as circus does; groups are spread into their parts. Throws
 * RequestError. Whether a value makes sense the supervisor says.
 */
export function checkOptions(options: unknown): OptionValues {
  if (!isObject(options)) throw new RequestError("'options' property should be an object");
  return Object.fromEntries(Object.entries(options).flatMap(([name, value]) => checkOption(name, value)));
}

function checkOption(name: string, value: unknown): [string, unknown][] {
  if (groups.includes(name)) {
    if (!isObject(value)) throw new RequestError(`'${name}' isn't a valid object`);
    if (name !== "hooks" && !("class" in value)) throw new RequestError(`'${name}' must have a 'class' key`);
    return Object.entries(value).map(([part, partValue]) => [`${name}.${part}`, checkPart(part, partValue)]);
  }
  const [group = "", part] = name.split(".", 2);
  if (part !== undefined && groups.includes(group)) return [[name, checkPart(name, value)]];
  if (name.startsWith("rlimit_")) {
    // Nothing means: no limit.
    if (value !== null && !Number.isSafeInteger(value))
      throw new RequestError(`'${name}' rlimit value isn't a valid int`);
    return [[name, value === null ? -1 : value]];
  }
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined) throw new RequestError(`unknown key '${name}'`);
  if (!checks[kind](value)) throw new RequestError(`'${name}' isn't ${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`);
  if (name === "env") {
    for (const [variable, text] of Object.entries(value as Properties))
      if (!isText(text)) throw new RequestError(`'${variable}' isn't a string`);
  }
  return [[name, value]];
}

function checkPart(name: string, value: unknown): string | number | boolean {
  if (isText(value) || typeof value === "boolean" || Number.isFinite(value)) return value as string | number | boolean;
  throw new RequestError(`'${name}' isn't a string`);
}
