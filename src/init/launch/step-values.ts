import type { Secrets } from "./secrets.ts";
import { isValueMap, type Value, type ValueMap } from "./value.ts";

export interface StepValue {
  /** `CONFIG_HTTP_PORT` of `http.port`. */
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
}

/** The configuration as variables: maps by their keys, lists as JSON, null left out. Of two with one name the last counts. */
export function listStepValues(configuration: ValueMap, secrets: Secrets): StepValue[] {
  const values = new Map<string, StepValue>();
  const visit = (value: Value, path: readonly string[]) => {
    if (isValueMap(value)) {
      for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
    } else if (value !== null) {
      const name = `CONFIG_${path
        .join("_")
        .replace(/[^A-Za-z0-9]/g, "_")
        .toUpperCase()}`;
      const isSecret = secrets.has(path) || holdsSecret(value, path, secrets);
      values.set(name, { name, value: typeof value === "string" ? value : JSON.stringify(value), isSecret });
    }
  };
  visit(configuration, []);
  return [...values.values()];
}

function holdsSecret(value: Value, path: readonly string[], secrets: Secrets): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsSecret(item, path, secrets));
  if (!isValueMap(value)) return false;
  return Object.entries(value).some(
    ([key, item]) => secrets.has([...path, key]) || holdsSecret(item, [...path, key], secrets),
  );
}
