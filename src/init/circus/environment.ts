import { compilePattern } from "../system/shell-pattern.ts";
import type { ConfigurationSource } from "./configuration.ts";
import { addWarning, type Findings } from "./findings.ts";
import type { Ini, IniSection } from "./ini.ts";
import { type Environment, environmentForms, expandVariables, findUnknownForms, substitute } from "./substitution.ts";

/** The daemon's environment and what `[env]` sections add to it, `$NAME` expanded. */
export interface Environments {
  readonly daemon: Environment;
  /** Of `[env]`. */
  readonly common: Environment;
  /** `[env:PATTERN,…]`, in the order of the file. */
  readonly sections: readonly { readonly patterns: readonly RegExp[]; readonly values: Environment }[];
}

export function readEnvironments(ini: Ini, source: ConfigurationSource, findings: Findings): Environments {
  const daemon = new Map(Object.entries(source.environment));
  const forms = environmentForms(daemon);
  const common = [...(ini.get("env")?.options.values() ?? [])].map(
    ({ name, value }) => [name.trim(), expandVariables(substitute(value, forms), daemon)] as const,
  );
  const sections = [...ini.values()]
    .filter(({ name }) => name.startsWith("env:"))
    .map((section) => readSection(section, daemon, findings));
  return { daemon, common: new Map(common), sections };
}

function readSection({ name, options }: IniSection, daemon: Environment, findings: Findings) {
  const patterns = name.slice("env:".length).split(",");
  for (const { value, origin } of options.values())
    for (const written of findUnknownForms(value, () => undefined))
      addWarning(findings, origin, `${written} is not replaced in [env:…] sections`, "write $NAME");
  return {
    patterns: patterns.map((pattern) => compilePattern(pattern.trim())),
    values: new Map([...options.values()].map((option) => [option.name.trim(), expandVariables(option.value, daemon)])),
  };
}

/** A watcher's own environment, least special first: the daemon's (`copyEnv`), `[env]`, the `[env:]` sections that name it. */
export function environmentOf(watcher: string, copyEnv: boolean, environments: Environments): Map<string, string> {
  const { daemon, common, sections } = environments;
  const environment = new Map(copyEnv ? [...daemon, ...common] : common);
  for (const { patterns, values } of sections)
    if (patterns.some((pattern) => pattern.test(watcher)))
      for (const [name, value] of values) environment.set(name, value);
  return environment;
}
