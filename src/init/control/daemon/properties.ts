import { type Properties, RequestError } from "../protocol.ts";

/** What a message has to hold: readers that throw RequestError, in circus's words where circus has some. */

export function requireProperty(properties: Properties, name: string): unknown {
  const value = properties[name];
  if (value === undefined) throw new RequestError(`message invalid '${name}' is missing`);
  return value;
}

export function requireText(properties: Properties, name: string): string {
  const value = requireProperty(properties, name);
  if (typeof value !== "string") throw new RequestError(`'${name}' isn't a string`);
  return value;
}

export function optionalText(properties: Properties, name: string): string | undefined {
  return isAbsent(properties[name]) ? undefined : requireText(properties, name);
}

/** Python's truth: 0, "", null and nothing are false. */
export function flag(properties: Properties, name: string, otherwise = false): boolean {
  return properties[name] === undefined ? otherwise : Boolean(properties[name]);
}

/** A number without fraction, or text of one, as Python's int() takes it. */
export function optionalInteger(properties: Properties, name: string): number | undefined {
  if (isAbsent(properties[name])) return undefined;
  return requireInteger(properties, name);
}

export function requireInteger(properties: Properties, name: string): number {
  const value = requireProperty(properties, name);
  const number = typeof value === "string" && /^\s*[+-]?[0-9]+\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number)) throw new RequestError(`'${name}' isn't an integer`);
  return number;
}

/** A number, or text of one, as Python's float() takes it. */
export function optionalNumber(properties: Properties, name: string): number | undefined {
  const value = properties[name];
  if (isAbsent(value)) return undefined;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) throw new RequestError(`'${name}' isn't a number`);
  return number;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
