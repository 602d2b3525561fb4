/** Values as Python prints them: what circusctl shows comes from its str(), repr() and json.dumps(). Pure. */

/** Python tells 30.0 from 30, JSON of JavaScript does not; these are floats in circus. */
const floats = new Set([
  "time",
  "cpu",
  "mem",
  "age",
  "started",
  "create_time",
  "graceful_timeout",
  "check_delay",
  "retry_in",
  "window",
]);

function numberText(value: number, key: string | undefined): string {
  return Number.isInteger(value) && key !== undefined && floats.has(key) ? `${value}.0` : `${value}`;
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value);
}

/** repr() */
export function pythonRepr(value: unknown, key?: string): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return numberText(value, key);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map((item) => pythonRepr(item)).join(", ")}]`;
  const items = entriesOf(value as object).map(([name, item]) => `${quoted(name)}: ${pythonRepr(item, name)}`);
  return `{${items.join(", ")}}`;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(
    /[\\\n\r\t]/g,
    (character) => ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" })[character]!,
  );
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** str() */
export function pythonText(value: unknown, key?: string): string {
  return typeof value === "string" ? value : pythonRepr(value, key);
}

/** circus's convert_opt: an option's value; an environment as `A=1,B=2`. */
export function optionText(name: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (name !== "env") return pythonText(value, name);
  const entries = entriesOf(value as object).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([variable, text]) => `${variable}=${text}`).join(",");
}

/** json.dumps(): `{"a": 1, "b": [2]}`. */
export function pythonJson(value: unknown, key?: string): string {
  if (typeof value === "number") return numberText(value, key);
  if (typeof value === "string") return jsonString(value);
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${entriesOf(value)
    .map(([name, item]) => `${jsonString(name)}: ${pythonJson(item, name)}`)
    .join(", ")}}`;
}

/** json.dumps(indent=2, sort_keys=True). */
export function prettyJson(value: unknown, key?: string, indent = ""): string {
  if (typeof value !== "object" || value === null) return pythonJson(value, key);
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => inner + prettyJson(item, undefined, inner))
    : entriesOf(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, item]) => `${inner}${jsonString(name)}: ${prettyJson(item, name, inner)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return items.length === 0 ? open + close : `${open}\n${items.join(",\n")}\n${indent}${close}`;
}

/** ASCII only. */
function jsonString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
