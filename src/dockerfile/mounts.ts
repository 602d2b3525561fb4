import { suggestWord } from "./suggest.ts";
import type { KeyValue, RunMount } from "./types.ts";
import { parseBoolean, parseCsvLine, parseSize, parseUint32 } from "./values.ts";

/** What is wrong with the value of a flag. */
export interface ValueFailure {
  readonly message: string;
  readonly hint?: string | undefined;
}

const types = ["bind", "cache", "tmpfs", "secret", "ssh"] as const;
const sharings = ["shared", "private", "locked"];
export const mountKeys = [
  "type",
  "from",
  "source",
  "target",
  "readonly",
  "id",
  "sharing",
  "required",
  "size",
  "mode",
  "uid",
  "gid",
  "src",
  "dst",
  "destination",
  "ro",
  "rw",
  "readwrite",
  "env",
];
const canStandAlone = ["readonly", "ro", "readwrite", "rw", "required"];

/** Reads the value of `RUN --mount=` (Dockerfile reference, "RUN --mount"). What holds a variable is checked after expansion. */
export function readMount(text: string): RunMount | ValueFailure {
  const options = readOptions(text);
  if (!options) return { message: `failed to parse csv mounts: misplaced quote in '${text}'` };
  return checkMount(options, isDeferred);
}

/** Checks the options of a mount once their variables are expanded, and gives its type with them. */
export function checkExpandedMount(options: readonly KeyValue[]): RunMount | ValueFailure {
  return checkMount(options, () => false);
}

function checkMount(
  options: readonly KeyValue[],
  deferred: (value: string | undefined) => boolean,
): RunMount | ValueFailure {
  let type: RunMount["type"] | undefined = "bind";
  for (const option of options) {
    const failure = checkOption(option, type, deferred(option.value));
    if (failure) return failure;
    if (option.key !== "type") continue;
    type = deferred(option.value) ? undefined : (option.value!.toLowerCase() as RunMount["type"]);
  }
  const isOpen = type === undefined || options.some(({ value }) => deferred(value));
  const failure = isOpen ? undefined : checkTogether(type!, options);
  return failure ?? { type: type ?? "bind", options };
}

/** `key=value,flag,…`, keys in lower case; undefined when the quoting is wrong. */
function readOptions(text: string): KeyValue[] | undefined {
  return parseCsvLine(text)?.map((field) => {
    const equals = field.indexOf("=");
    if (equals === -1) return { key: field.toLowerCase(), value: undefined };
    return { key: field.slice(0, equals).toLowerCase(), value: field.slice(equals + 1) };
  });
}

/** A value whose meaning is known only after expansion. */
function isDeferred(value: string | undefined): boolean {
  return value !== undefined && /[$'"\\`]/.test(value);
}

/** `type` is that of the options before it; undefined when it is known only after expansion. */
function checkOption(
  { key, value }: KeyValue,
  type: RunMount["type"] | undefined,
  deferred: boolean,
): ValueFailure | undefined {
  if (value === undefined && !canStandAlone.includes(key)) {
    return { message: `invalid field '${key}' must be a key=value pair`, hint: suggestKey(key) };
  }
  if (!mountKeys.includes(key))
    return { message: `unexpected key '${key}' in '${key}=${value}'`, hint: suggestKey(key) };
  if (key === "from" && /\$./.test(value!)) {
    return { message: "'from' doesn't support variable expansion, define alias stage instead" };
  }
  if (key === "required" && type && type !== "secret" && type !== "ssh") return unexpectedKey(key, type);
  if (key === "size" && type && type !== "tmpfs") return unexpectedKey(key, type);
  return value === undefined || deferred ? undefined : checkValue(key, value);
}

function unexpectedKey(key: string, type: string): ValueFailure {
  return { message: `unexpected key '${key}' for mount type '${type}'`, hint: "give type=… before it" };
}

function suggestKey(key: string): string {
  const nearest = suggestWord(key, mountKeys);
  return nearest ? `did you mean ${nearest}?` : `known are ${mountKeys.join(", ")}`;
}

function checkValue(key: string, value: string): ValueFailure | undefined {
  const isWrong = {
    type: () => !(types as readonly string[]).includes(value.toLowerCase()),
    sharing: () => !sharings.includes(value.toLowerCase()),
    readonly: () => parseBoolean(value) === undefined,
    ro: () => parseBoolean(value) === undefined,
    readwrite: () => parseBoolean(value) === undefined,
    rw: () => parseBoolean(value) === undefined,
    required: () => parseBoolean(value) === undefined,
    size: () => parseSize(value) === undefined,
    mode: () => parseUint32(value, 8) === undefined,
    uid: () => parseUint32(value, 10) === undefined,
    gid: () => parseUint32(value, 10) === undefined,
  }[key];
  if (!isWrong?.()) return undefined;
  if (key === "type")
    return { message: `unsupported mount type ${JSON.stringify(value)}`, hint: nearestOf(value, types) };
  if (key === "sharing")
    return { message: `unsupported sharing value ${JSON.stringify(value)}`, hint: nearestOf(value, sharings) };
  if (["mode", "uid", "gid"].includes(key)) return { message: `invalid value ${value} for ${key}` };
  return { message: `invalid value for ${key}: ${value}` };
}

function nearestOf(value: string, known: readonly string[]): string {
  const nearest = suggestWord(value, known);
  return nearest ? `did you mean ${nearest}?` : `known are ${known.join(", ")}`;
}

function checkTogether(type: RunMount["type"], options: readonly KeyValue[]): ValueFailure | undefined {
  const has = (...names: string[]) => options.some(({ key, value }) => names.includes(key) && value !== "");
  if (["bind", "tmpfs"].includes(type)) {
    const key = ["mode", "uid", "gid"].find((name) => has(name));
    if (key) return { message: `${key} not allowed for "${type}" type mounts` };
  }
  if (type === "secret") {
    if (has("from")) return { message: "secret mount should not have a from" };
    if (has("sharing")) return { message: "secret mount should not define sharing" };
    const named = has("source", "src") || has("target", "dst", "destination") || has("id");
    if (!named) return { message: "invalid secret mount. one of source, target required" };
    if (has("source", "src") && has("id")) return { message: "both source and id can't be set" };
  }
  if (has("sharing") && type !== "cache") return { message: `invalid cache sharing set for ${type} mount` };
  if (type === "ssh" && has("source", "src")) return { message: "ssh does not support source" };
  return undefined;
}

const deviceKeys = ["name", "required"];

/** Checks the value of `RUN --device=`: `NAME[,required[=BOOL]]`. */
export function checkDevice(text: string): ValueFailure | undefined {
  const fields = parseCsvLine(text);
  if (!fields) return { message: `failed to parse csv devices: misplaced quote in '${text}'` };
  let name = "";
  for (const field of fields) {
    const equals = field.indexOf("=");
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals === -1 ? undefined : field.slice(equals + 1);
    if (key === "required") {
      if (value !== undefined && parseBoolean(value) === undefined) {
        return { message: `invalid value for required: ${value}` };
      }
    } else if (key === "name" && value !== undefined) {
      if (name !== "") return { message: `device name already set to ${name}` };
      name = value;
    } else if (name === "") {
      name = field;
    } else if (value === undefined) {
      return { message: `invalid field '${field}' must be a key=value pair` };
    } else {
      return { message: `unexpected key '${key}' in '${field}'`, hint: nearestOf(key, deviceKeys) };
    }
  }
  return undefined;
}
