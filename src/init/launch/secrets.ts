import { isSecretName } from "../../dockerfile/secret-names.ts";
import { isValueMap, mapOf, type Value, type ValueMap } from "./value.ts";

export const MASK = "***";

/** `dbPassword` and `db-password` as `db_password`. */
function wordsOf(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_");
}

export function isSecretKey(key: string): boolean {
  return isSecretName(wordsOf(key));
}

/** What is secret of a configuration: by name, or since it is named among `paths` (`a.b`). */
export class Secrets {
  readonly #paths: ReadonlySet<string>;

  constructor(paths: Iterable<string>) {
    this.#paths = new Set(paths);
  }

  /** Whether the key that ends this path is one, or one above it. */
  has(path: readonly string[]): boolean {
    return path.some((key, index) => isSecretKey(key) || this.#paths.has(path.slice(0, index + 1).join(".")));
  }

  /** The configuration with `***` for every secret text and number. */
  mask(configuration: ValueMap): ValueMap {
    return this.#mask(configuration, []) as ValueMap;
  }

  /** Every secret text and number, as text. */
  valuesOf(configuration: ValueMap): string[] {
    const found: string[] = [];
    const visit = (value: Value, path: readonly string[]) => {
      if (Array.isArray(value)) for (const item of value) visit(item, path);
      else if (isValueMap(value)) for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
      else if (isMaskable(value) && this.has(path)) found.push(String(value));
    };
    visit(configuration, []);
    return found;
  }

  #mask(value: Value, path: readonly string[]): Value {
    if (Array.isArray(value)) return value.map((item) => this.#mask(item, path));
    if (isValueMap(value))
      return mapOf(Object.entries(value).map(([key, item]) => [key, this.#mask(item, [...path, key])] as const));
    return isMaskable(value) && this.has(path) ? MASK : value;
  }
}

function isMaskable(value: Value): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}
