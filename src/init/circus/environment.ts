import { compilePattern } from "../system/shell-pattern.ts";
import type { ConfigurationSource } from "./configuration.ts";
import { addWarning, type Findings } from "./findings.ts";
import type { Ini } from "./ini.ts";
import { environmentSubstitutions, expandVariables, findUnknownForms, substitute } from "./substitution.ts";

export type Environment = ReadonlyMap<string, string>;

/** The daemon's environment and what `[env]` adds to it. */
export interface Environments {
  /** Of the daemon. */
  readonly daemon: Environment;
  /** Of `[env]`, as written: `$NAME` is not expanded yet. */
  readonly common: Environment;
  /** `[env:PATTERN,…]`, in the order of the file. */
  readonly sections: readonly { readonly patterns: readonly RegExp[]; readonly values: Environment }[];
}

export function readEnvironments(ini: Ini, source: ConfigurationSource, findings: Findings): Environments {
  const daemon = new Map(Object.entries(source.environment));
  const daemonValues = environmentSubstitutions(daemon);
  const common = [...(ini.get("env")?.options.values() ?? [])].map(
    ({ name, value }) => [name, substitute(value, daemonValues)] as const,
  );
  const sections = [...ini.values()]
    .filter(({ name }) => name.startsWith("env:"))
    .map(({ name, options }) => {
      for (const { value, origin } of options.values())
        for (const written of findUnknownForms(value, () => false))
          addWarning(findings, origin, `${written} is not replaced in [env:…] sections`, "write $NAME");
      return {
        patterns: name
          .slice("env:".length)
          .split(",")
          .map((pattern) => compilePattern(pattern.trim())),
        values: new Map([...options.values()].map((option) => [option.name, option.value])),
      };
    });
  return { daemon, common: new Map(common), sections };
}

/** What `$(circus.env.X)` means outside of watchers, or with a watcher's own environment, which comes first. */
export function environmentForms({ daemon, common }: Environments, own: Environment = new Map()): Map<string, string> {
  return environmentSubstitutions(new Map([...daemon, ...expandAll(common, daemon), ...own]));
}

/** A watcher's own environment, least special first: the daemon's (`copyEnv`), `[env]`, the `[env:]` sections that name it. */
export function environmentOf(watcher: string, copyEnv: boolean, environments: Environments): Map<string, string> {
  const { daemon, common, sections } = environments;
  const own = new Map([
    ...common,
    ...sections
      .filter(({ patterns }) => patterns.some((pattern) => pattern.test(watcher)))
      .flatMap(({ values }) => [...values]),
  ]);
  return new Map([...(copyEnv ? daemon : []), ...expandAll(own, daemon)]);
}

function expandAll(values: Environment, daemon: Environment): Map<string, string> {
  const known = Object.fromEntries(daemon);
  return new Map([...values].map(([name, value]) => [name.trim(), expandVariables(value, known)]));
}
