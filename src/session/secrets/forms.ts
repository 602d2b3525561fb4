/** A shorter value would be found everywhere: it can't be told from ordinary text. In bytes. */
export const SHORTEST_VALUE = 6;

/**
 * The forms in which programs print a value: as it is, its lines, base64 (also amid a longer encoded text, as in the header
 * of a login), for URLs, in JSON. Empty for a value that is too short.
 */
export function formsOf(value: Buffer): readonly Buffer[] {
  const trimmed = trimEnd(value);
  if (trimmed.length < SHORTEST_VALUE) return [];
  const text = trimmed.toString();
  const isText = Buffer.from(text).equals(trimmed);
  const lines = isText && text.includes("\n") ? text.split("\n").map((line) => line.trim()) : [];
  const encoded = isText ? [JSON.stringify(text).slice(1, -1), encodeURIComponent(text), ...passwordOf(text)] : [];
  const forms = [trimmed, ...[...lines, ...encoded, ...base64Of(trimmed)].map((form) => Buffer.from(form))];
  const distinct = new Map(forms.map((form) => [form.toString("latin1"), form]));
  return [...distinct.values()].filter((form) => form.length >= SHORTEST_VALUE);
}

/** Files end with a line feed that is no part of the value. */
function trimEnd(value: Buffer): Buffer {
  let end = value.length;
  while (end > 0 && (value[end - 1] === 0x0a || value[end - 1] === 0x0d)) end--;
  return value.subarray(0, end);
}

/** Programs take the password out of a URL and print it alone. */
function passwordOf(text: string): readonly string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:([^\s/?#@]+)@/i.exec(text)?.[1];
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** What base64 makes of the bytes at each of the three places where they can begin, without what their neighbours decide. */
function base64Of(value: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value]).toString("base64");
    const begin = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + value.length) * 8) / 6);
    const form = encoded.slice(begin, end);
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
