import type { Located } from "./located.ts";

/** What YAML and JSON can say. Maps have no prototype, so that every word can be a key. */
export type Value = null | boolean | number | string | readonly Value[] | ValueMap;

export interface ValueMap {
  readonly [key: string]: Value;
}

export type Kind = "null" | "text" | "number" | "true or false" | "list" | "map";

export function isValueMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mapOf(entries: Iterable<readonly [string, Value]>): ValueMap {
  const map: Record<string, Value> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return map;
}

export function plainValue(located: Located): Value {
  if (located.kind === "scalar") return located.value;
  if (located.kind === "list") return located.items.map(plainValue);
  return mapOf([...located.entries].map(([key, entry]) => [key, plainValue(entry.value)] as const));
}

export function kindOf(value: Value): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "true or false" : "map";
}

/** `a.b.c` of a path. */
export function formatPath(path: readonly string[]): string {
  return path.join(".");
}

export function valueAt(value: Value, path: readonly string[]): Value | undefined {
  let at: Value | undefined = value;
  for (const key of path) at = isValueMap(at) ? at[key] : undefined;
  return at;
}
