import { readText } from "../system/files.ts";
import { glob } from "../system/glob.ts";
import { findUnknownKey, readEnvironmentLayers } from "./environment-layers.ts";
import type { LaunchFile } from "./launch-file.ts";
import { readYaml } from "./located.ts";
import { type Layer, mergeConfiguration } from "./merge-configuration.ts";
import { type Mistake, MistakesError } from "./mistakes.ts";
import { Secrets } from "./secrets.ts";
import type { ValueMap } from "./value.ts";
import type { Variables } from "./variables.ts";

/** What the steps of a launch work with. */
export interface Settings {
  readonly launch: LaunchFile;
  readonly configuration: ValueMap;
  readonly secrets: Secrets;
  readonly variables: Variables;
}

/**
 * Merges defaults, the operator's files and the environment. `file` is the launch file's path; `located` tells where a path is to
 * be looked for. Throws MistakesError with all that is wrong.
 */
export function readSettings(
  launch: LaunchFile,
  file: string,
  variables: Variables,
  located: (path: string) => string,
): Settings {
  const rules = launch.configuration;
  const mistakes: Mistake[] = [];
  const layers: Layer[] = [];
  for (const path of rules.files.flatMap((pattern) => glob(located(pattern)))) {
    const document = readYaml(readText(path), path);
    mistakes.push(...document.mistakes);
    if (document.value !== undefined) layers.push({ file: path, hasLines: true, value: document.value });
  }
  const fromEnvironment = readEnvironmentLayers(rules, variables, file);
  for (const secret of rules.secrets) {
    const hint = findUnknownKey(rules.defaults, secret.split("."));
    const message = `configuration.secrets: the defaults have no ${secret}`;
    if (hint !== undefined) mistakes.push({ file, line: undefined, message, hint });
  }
  const merged = mergeConfiguration(rules.defaults, [...layers, ...fromEnvironment.layers]);
  mistakes.push(...fromEnvironment.mistakes, ...merged.mistakes);
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  const secrets = new Secrets([...rules.secrets, ...fromEnvironment.secrets]);
  return { launch, configuration: merged.configuration, secrets, variables };
}
