/**
 * Values as Go's fmt package prints them: BuildKit writes image history with it, and whoever compares histories
 * compares these texts.
 */

const named: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** A string with the verb %q. */
function quoteString(text: string): string {
  return `"${text.replace(/["\\\u0000-\u001f\u007f]/g, (character) => named[character] ?? hexadecimal(character))}"`;
}

/** A slice of strings with %q. */
export function quoteStrings(words: readonly string[]): string {
  return `[${words.map(quoteString).join(" ")}]`;
}

/** An integer with %q: a character literal. */
export function quoteCharacter(code: number): string {
  const character = String.fromCodePoint(code);
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${quoteString(character).slice(1, -1)}'`;
}

/** A time.Duration, given in nanoseconds: `1m30s`, `1.5s`, `20ms`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = (nanoseconds % 60e9) / 1e9;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function hexadecimal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
