import { parseBoolean, parseInteger, parseNumber, parseSignal } from "../../circus/python-values.ts";
import { InitError } from "../../system/errors.ts";
import { ArgumentError } from "./command.ts";

const asItIs = (text: string) => text;

/** circus's convert_option: what the text of `set` becomes in the message. */
const conversions: Readonly<Record<string, (text: string) => unknown>> = {
  numprocesses: parseInteger,
  warmup_delay: parseNumber,
  working_dir: asItIs,
  uid: asItIs,
  gid: asItIs,
  send_hup: parseBoolean,
  stop_signal: parseSignal,
  stop_children: parseBoolean,
  shell: parseBoolean,
  copy_env: parseBoolean,
  env: parseEnvironment,
  cmd: asItIs,
  args: asItIs,
  retry_in: parseNumber,
  max_retry: parseInteger,
  graceful_timeout: parseNumber,
  max_age: parseInteger,
  max_age_variance: parseInteger,
  respawn: parseBoolean,
  singleton: parseBoolean,
  close_child_stdin: parseBoolean,
  close_child_stdout: parseBoolean,
  close_child_stderr: parseBoolean,
  hooks: parseHooks,
};

/** Names that `set` takes, for completion. */
export const settableOptions: readonly string[] = Object.keys(conversions);

/** `A=1,B=2` */
function parseEnvironment(text: string): Readonly<Record<string, string>> {
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf("=");
      if (equals < 1) throw new ArgumentError(`not NAME=value: ${entry}`);
      return [entry.slice(0, equals).trim(), entry.slice(equals + 1).trim()];
    }),
  );
}

/** `before_start:program,after_stop:other` */
function parseHooks(text: string): Readonly<Record<string, string>> {
  const entries = text.split(",").filter((entry) => entry !== "");
  return Object.fromEntries(
    entries.map((entry) => {
      const colon = entry.indexOf(":");
      if (colon < 1) throw new ArgumentError(`not HOOK:program: ${entry}`);
      return [entry.slice(0, colon), entry.slice(colon + 1)];
    }),
  );
}

function conversionOf(key: string): (text: string) => unknown {
  if (Object.hasOwn(conversions, key)) return conversions[key]!;
  if (key.startsWith("rlimit_")) return parseInteger;
  const [group = "", part] = key.split(".", 2);
  if (part !== undefined && ["stdout_stream", "stderr_stream", "hooks"].includes(group))
    return ["max_bytes", "backup_count", "rotate_interval"].includes(part) ? parseInteger : asItIs;
  throw new ArgumentError(`unknown key '${key}'`);
}

/** Throws ArgumentError. */
export function convertOption(key: string, text: string): unknown {
  try {
    return conversionOf(key)(text);
  } catch (error) {
    if (error instanceof InitError) throw new ArgumentError(`${key}: ${error.message}`);
    throw error;
  }
}
