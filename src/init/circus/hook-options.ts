import { InitError } from "../system/errors.ts";
import type { HookName, HookOptions } from "./configuration.ts";
import { suggestName } from "./findings.ts";
import { parseBoolean } from "./python-values.ts";
import { namesBehind, type SectionOptions, takeText, tellError, tellWarning } from "./section-options.ts";

export const hookNames: readonly HookName[] = [
  "before_start",
  "after_start",
  "before_spawn",
  "after_spawn",
  "before_stop",
  "after_stop",
  "before_signal",
  "after_signal",
  "before_reap",
  "after_reap",
  "extended_stats",
];

/** What follows the last dot of a program's name; of a Python name it would be a function. */
const scripts = ["sh", "bash", "py", "pl", "rb", "js", "mjs", "lua", "php"];

/** `hooks.*`: `PROGRAM` or `PROGRAM,true`. */
export function readHooks(options: SectionOptions): Partial<Record<HookName, HookOptions>> {
  const hooks: Partial<Record<HookName, HookOptions>> = {};
  for (const written of namesBehind(options, "hooks.")) {
    const key = `hooks.${written}`;
    const value = takeText(options, key) ?? "";
    const name = hookNames.find((hook) => hook === written);
    if (name === undefined) {
      tellError(options, key, `no such hook: ${written}`, suggestName(written, hookNames));
      continue;
    }
    const hook = readHook(value);
    if (hook.command === "") tellError(options, key, `${key} names no program`);
    else if (isPythonName(hook.command)) tellPythonHook(options, key, name, hook.command);
    else hooks[name] = hook;
  }
  return hooks;
}

function readHook(value: string): HookOptions {
  const comma = value.lastIndexOf(",");
  if (comma !== -1) {
    try {
      return { command: value.slice(0, comma).trim(), ignoreFailure: parseBoolean(value.slice(comma + 1)) };
    } catch (error) {
      // A comma of the command's own.
      if (!(error instanceof InitError)) throw error;
    }
  }
  return { command: value.trim(), ignoreFailure: false };
}

/** `package.module.function` or `module:function`. */
function isPythonName(command: string): boolean {
  const dotted = /^[a-z_]\w*(\.[a-z_]\w*)*[.:]([a-z_]\w*)$/i.exec(command);
  return dotted !== null && !scripts.includes(dotted[2]!);
}

function tellPythonHook(options: SectionOptions, key: string, hook: HookName, command: string): void {
  const message = `${key}: ${command} is a Python function, and hooks are programs here`;
  if (hook === "extended_stats") tellWarning(options, key, `${message}: no such figures are added`);
  else
    tellError(
      options,
      key,
      message,
      "name a program, such as /usr/local/bin/hook: it gets CIRCUS_WATCHER and CIRCUS_HOOK, and 0 means true",
    );
}
