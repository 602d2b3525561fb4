import { InitError } from "../system/errors.ts";
import type { CircusOptions } from "./configuration.ts";
import { addError, type Findings } from "./findings.ts";
import type { IniOption, IniSection } from "./ini.ts";
import { parseBoolean } from "./python-values.ts";

const VARIABLE = "SLIPWAY_DEVELOPMENT";
/** Of the watcher that development mode adds; a section of this name in the files stands in its place. */
export const PERMISSION_WATCHER = "watcher:permissions";
/** Members of the editor group write what others of them made. */
const UMASK = 0o002;

/** This very program, also where its file has another name or was replaced. */
const command = "/proc/self/exe permissions --watch";

/** What the variable of the environment says counts more than the option, as with `slipway-init launch`. */
export function applyDevelopment(
  circus: CircusOptions,
  environment: Readonly<Record<string, string>>,
  file: string,
  findings: Findings,
): CircusOptions {
  const development = readVariable(environment[VARIABLE], file, findings) ?? circus.development;
  return { ...circus, development, umask: circus.umask ?? (development ? UMASK : undefined) };
}

function readVariable(value: string | undefined, file: string, findings: Findings): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === "") return false;
  try {
    return parseBoolean(value);
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
    addError(findings, { file, line: 1 }, `${VARIABLE} in the environment: neither true nor false: ${value}`);
    return undefined;
  }
}

/** The section of the watcher that keeps the permission policy. */
export function permissionWatcher(file: string): IniSection {
  const origin = { file, line: 1 };
  const options = Object.entries({ cmd: command, copy_env: "true" });
  const named = options.map(([name, value]): [string, IniOption] => [name, { name, value, origin }]);
  return { name: PERMISSION_WATCHER, origin, options: new Map(named) };
}
