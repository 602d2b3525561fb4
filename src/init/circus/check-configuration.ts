import type { Configuration, ConfigurationSource } from "./configuration.ts";
import { renderFindings } from "./findings.ts";
import { readConfiguration } from "./read-configuration.ts";

export interface CheckResult {
  /** Lines for standard output, the last one ended too. */
  readonly text: string;
  /** 0, or 1 with an error; warnings are none. */
  readonly exitCode: 0 | 1;
}

/** `circusd --check FILE`: all that is wrong with a file and what it includes, and what it holds when nothing is. */
export function checkConfiguration(path: string, source: ConfigurationSource): CheckResult {
  const { configuration, findings } = readConfiguration(path, source);
  const told = renderFindings(findings);
  if (configuration) return { text: `${told}${path}: ${describe(configuration)}\n`, exitCode: 0 };
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return { text: `${told}${path}: ${errors === 1 ? "1 error" : `${errors} errors`}\n`, exitCode: 1 };
}

/** `2 watchers (app, db), 1 socket (web)`. */
function describe({ watchers, sockets }: Configuration): string {
  const parts = [count("watcher", watchers)];
  if (sockets.length > 0) parts.push(count("socket", sockets));
  return parts.join(", ");
}

function count(noun: string, named: readonly { readonly name: string }[]): string {
  if (named.length === 0) return `no ${noun}s`;
  return `${named.length} ${noun}${named.length === 1 ? "" : "s"} (${named.map(({ name }) => name).join(", ")})`;
}
