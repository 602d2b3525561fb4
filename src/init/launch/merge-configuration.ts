import { didYouMean } from "./fields.ts";
import type { Located } from "./located.ts";
import type { Mistake } from "./mistakes.ts";
import { formatPath, isValueMap, type Kind, kindOf, mapOf, plainValue, type Value, type ValueMap } from "./value.ts";

/** A part of the configuration that lies over what came before. */
export interface Layer {
  /** For messages: a path, or `variable NAME`. */
  readonly file: string;
  /** Whether lines of it mean something to people. */
  readonly hasLines: boolean;
  readonly value: Located;
}

export interface Merged {
  readonly configuration: ValueMap;
  readonly mistakes: readonly Mistake[];
}

/**
 * Lays the layers over the defaults, in order. Maps merge, all else replaces, null takes away. The defaults say which keys there
 * are and of which kind their values; an empty map and a null leave that open.
 */
export function mergeConfiguration(defaults: ValueMap, layers: readonly Layer[]): Merged {
  const mistakes: Mistake[] = [];
  let configuration: Value = defaults;
  for (const layer of layers) {
    const { value } = layer;
    // A file of comments only.
    if (value.kind === "scalar" && value.value === null) continue;
    configuration = new Merge(layer, mistakes).merge(defaults, configuration, value, []);
  }
  return { configuration: configuration as ValueMap, mistakes };
}

class Merge {
  readonly #layer: Layer;
  readonly #mistakes: Mistake[];

  constructor(layer: Layer, mistakes: Mistake[]) {
    this.#layer = layer;
    this.#mistakes = mistakes;
  }

  /** `pattern`: the default, undefined where anything goes. */
  merge(pattern: Value | undefined, current: Value | undefined, over: Located, path: readonly string[]): Value {
    const kind: Kind = over.kind === "scalar" ? kindOf(over.value) : over.kind;
    if (kind === "null" && path.length > 0) return null;
    if (pattern === undefined || pattern === null) return this.#mergeOpen(current, over, path);
    const wanted = kindOf(pattern);
    if (kind !== wanted) return this.#complainOfKind(pattern, wanted, kind, over, path);
    if (!isValueMap(pattern) || over.kind !== "map") return plainValue(over);

    const known = Object.keys(pattern);
    // What an earlier layer took away comes back with its defaults.
    const result = new Map(Object.entries(isValueMap(current) ? current : pattern));
    for (const [key, { line, value }] of over.entries) {
      const open = known.length === 0;
      if (open || known.includes(key))
        result.set(key, this.merge(open ? undefined : pattern[key], result.get(key), value, [...path, key]));
      else this.#complain(line, `unknown key ${formatPath([...path, key])}`, didYouMean(key, known));
    }
    return mapOf(result);
  }

  #mergeOpen(current: Value | undefined, over: Located, path: readonly string[]): Value {
    if (over.kind !== "map" || !isValueMap(current)) return plainValue(over);
    const result = new Map(Object.entries(current));
    for (const [key, { value }] of over.entries)
      result.set(key, this.merge(undefined, result.get(key), value, [...path, key]));
    return mapOf(result);
  }

  #complainOfKind(pattern: Value, wanted: Kind, kind: Kind, over: Located, path: readonly string[]): Value {
    const what = path.length === 0 ? "the configuration" : formatPath(path);
    const hint = wanted === "text" && over.kind === "scalar" ? "put it in quotes" : undefined;
    this.#complain(over.line, `${what} must be ${withArticle(wanted)}, not ${withArticle(kind)}`, hint);
    return pattern;
  }

  #complain(line: number, message: string, hint: string | undefined): void {
    const { file, hasLines } = this.#layer;
    this.#mistakes.push({ file, line: hasLines ? line : undefined, message, hint });
  }
}

function withArticle(kind: Kind): string {
  return kind === "null" || kind === "true or false" ? kind : `a ${kind}`;
}
