import { suggestWord } from "../../dockerfile/suggest.ts";
import type { Located } from "./located.ts";
import type { Mistake } from "./mistakes.ts";
import { isValueMap, plainValue, type Value, type ValueMap } from "./value.ts";

/** Where mistakes of a file gather while it is read. */
export interface Reading {
  readonly file: string;
  readonly mistakes: Mistake[];
}

/** Reads one value; undefined when it was a mistake, which then is in `reading`. `what` is its key. */
export type Reader<T> = (located: Located, what: string, reading: Reading) => T | undefined;

export interface Field<T> {
  readonly read: Reader<T>;
  /** Absent: the key is required. */
  readonly fallback?: T;
}

export type Fields<T> = { readonly [Key in keyof T]: Field<T[Key]> };

export function complain(reading: Reading, line: number, message: string, hint?: string): undefined {
  reading.mistakes.push({ file: reading.file, line, message, hint });
}

export const text: Reader<string> = (located, what, reading) => {
  if (located.kind === "scalar" && typeof located.value === "string") return located.value;
  const quote = located.kind === "scalar" && located.value !== null ? `write "${located.source}"` : undefined;
  return complain(reading, located.line, `${what} must be a text`, quote);
};

/** A name or a number, as users and groups have. */
export const word: Reader<string> = (located, what, reading) => {
  if (located.kind === "scalar" && typeof located.value === "number" && /^[0-9]+$/.test(located.source))
    return located.source;
  return text(located, what, reading);
};

export const flag: Reader<boolean> = (located, what, reading) => {
  if (located.kind === "scalar" && typeof located.value === "boolean") return located.value;
  return complain(reading, located.line, `${what} must be true or false`);
};

/** Octal digits, with quotes or without: YAML reads 0640 as the number 640. */
export const mode: Reader<number> = (located, what, reading) => {
  const digits = located.kind === "scalar" ? /^(?:0o)?([0-7]{1,5})$/.exec(located.source)?.[1] : undefined;
  const value = digits === undefined ? undefined : Number.parseInt(digits, 8);
  if (value !== undefined && value <= 0o7777) return value;
  return complain(reading, located.line, `${what} must be octal digits like 0644`);
};

export const valueMap: Reader<ValueMap> = (located, what, reading) => {
  const value: Value = plainValue(located);
  return isValueMap(value) ? value : complain(reading, located.line, `${what} must be a map`);
};

/** A key that may be left out. */
export function optional<T>(read: Reader<T>): Field<T | undefined> {
  return { read, fallback: undefined };
}

export function list<T>(read: Reader<T>): Reader<readonly T[]> {
  return (located, what, reading) => {
    if (located.kind !== "list") return complain(reading, located.line, `${what} must be a list`);
    const items = located.items.map((item, index) => read(item, `${what}[${index}]`, reading));
    return items.includes(undefined) ? undefined : (items as T[]);
  };
}

export function record<T>(read: Reader<T>): Reader<ReadonlyMap<string, T>> {
  return (located, what, reading) => {
    if (located.kind !== "map") return complain(reading, located.line, `${what} must be a map`);
    const entries = [...located.entries].map(
      ([key, { value }]) => [key, read(value, `${what}.${key}`, reading)] as const,
    );
    return entries.some(([, value]) => value === undefined) ? undefined : new Map(entries as [string, T][]);
  };
}

/** A map of known keys; all that is wrong in it is told. */
export function fields<T>(known: Fields<T>): Reader<T> {
  return (located, what, reading) => {
    const within = (key: string) => (what === "" ? key : `${what}.${key}`);
    if (located.kind !== "map") return complain(reading, located.line, `${what || "the file"} must be a map`);
    const before = reading.mistakes.length;
    const names = Object.keys(known);
    for (const [key, { line }] of located.entries)
      if (!names.includes(key)) complain(reading, line, `unknown key ${within(key)}`, didYouMean(key, names));
    const result: Record<string, unknown> = {};
    for (const name of names) {
      const field = known[name as keyof T];
      const entry = located.entries.get(name);
      if (entry) result[name] = field.read(entry.value, within(name), reading);
      else if ("fallback" in field) result[name] = field.fallback;
      else complain(reading, located.line, `${within(name)} is missing`);
    }
    return reading.mistakes.length === before ? (result as T) : undefined;
  };
}

export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const nearest = suggestWord(word, known);
  return nearest === undefined ? `known are ${known.join(", ")}` : `did you mean ${nearest}?`;
}
