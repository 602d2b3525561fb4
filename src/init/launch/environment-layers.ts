import { didYouMean } from "./fields.ts";
import type { ConfigurationRules } from "./launch-file.ts";
import { type Located, readYaml } from "./located.ts";
import type { Layer } from "./merge-configuration.ts";
import type { Mistake } from "./mistakes.ts";
import { isValueMap, type Value, valueAt } from "./value.ts";
import type { Variables } from "./variables.ts";

export interface EnvironmentLayers {
  readonly layers: readonly Layer[];
  /** Keys whose values came from files. */
  readonly secrets: readonly string[];
  readonly mistakes: readonly Mistake[];
}

/** One layer for each variable that is set. `file` is the launch file, where keys may be named wrongly. */
export function readEnvironmentLayers(
  rules: ConfigurationRules,
  variables: Variables,
  file: string,
): EnvironmentLayers {
  const layers: Layer[] = [];
  const secrets: string[] = [];
  const mistakes: Mistake[] = [];
  for (const [name, key] of rules.environment) {
    const path = key.split(".");
    const problem = findUnknownKey(rules.defaults, path);
    if (problem !== undefined) {
      const message = `configuration.environment.${name}: the defaults have no ${key}`;
      mistakes.push({ file, line: undefined, message, hint: problem });
      continue;
    }
    const variable = variables.find(name);
    if (variable === undefined) continue;
    if (variable.isFromFile) secrets.push(key);
    const source = `variable ${variable.isFromFile ? `${name}_FILE` : name}`;
    const read = readVariable(variable.value, valueAt(rules.defaults, path), source);
    if (read.value === undefined) mistakes.push(...read.mistakes.map((mistake) => ({ ...mistake, line: undefined })));
    else layers.push({ file: source, hasLines: false, value: wrap(path, read.value) });
  }
  return { layers, secrets, mistakes };
}

/** Text where the default is one or leaves it open; else what YAML says. */
function readVariable(text: string, pattern: Value | undefined, source: string) {
  if (pattern === undefined || pattern === null || typeof pattern === "string") {
    const value: Located = { kind: "scalar", line: 1, value: text, source: text };
    return { value, mistakes: [] };
  }
  return readYaml(text, source);
}

function wrap(path: readonly string[], value: Located): Located {
  return path.reduceRight<Located>(
    (inner, key) => ({ kind: "map", line: 1, entries: new Map([[key, { line: 1, value: inner }]]) }),
    value,
  );
}

/** Undefined when the defaults know the key or leave it open; else a hint. */
export function findUnknownKey(defaults: Value, path: readonly string[]): string | undefined {
  let at: Value | undefined = defaults;
  for (const key of path) {
    if (at === null) return undefined;
    const known: string[] = isValueMap(at) ? Object.keys(at) : [];
    if (isValueMap(at) && known.length === 0) return undefined;
    if (!known.includes(key)) return didYouMean(key, known);
    at = (at as Record<string, Value>)[key];
  }
  return undefined;
}
