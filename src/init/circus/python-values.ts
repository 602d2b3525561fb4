import { InitError } from "../system/errors.ts";
import { signalNumber } from "../system/signals.ts";

/** circus's to_bool. */
export function parseBoolean(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (["yes", "true", "on", "1"].includes(word)) return true;
  if (["no", "false", "off", "0"].includes(word)) return false;
  throw new InitError("bad-value", `not a boolean (yes, true, on, 1, no, false, off, 0): ${JSON.stringify(text)}`);
}

/** Python's int(). */
export function parseInteger(text: string): number {
  const word = text.trim();
  if (!/^[+-]?\d+(_\d+)*$/.test(word)) throw new InitError("bad-value", `not a whole number: ${JSON.stringify(text)}`);
  return Number(word.replaceAll("_", ""));
}

/** Python's float(), without infinities and NaN. */
export function parseNumber(text: string): number {
  const word = text.trim();
  if (!/^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$/i.test(word))
    throw new InitError("bad-value", `not a number: ${JSON.stringify(text)}`);
  return Number(word.replaceAll("_", ""));
}

/** Python's int(text, 8), for a mask of permissions. */
export function parseMask(text: string): number {
  const word = text.trim();
  if (!/^(0o)?[0-7]+$/i.test(word)) throw new InitError("bad-value", `not an octal number: ${JSON.stringify(text)}`);
  const mask = Number.parseInt(word.replace(/^0o/i, ""), 8);
  if (mask > 0o777) throw new InitError("bad-value", `more than 777: ${word}`);
  return mask;
}

const SIGRTMAX = 64;

/** circus's to_signum: a number, or a name with or without `SIG`, in any case, and `+N`: `SIGRTMIN+1`. */
export function parseSignal(text: string): number {
  if (/^\s*\d+\s*$/.test(text)) {
    const number = parseInteger(text);
    if (number >= 1 && number <= SIGRTMAX) return number;
  }
  const [, word = "", offset = "0"] = /^(\w+)(?:\+(\d+))?$/.exec(text.trim()) ?? [];
  const name = word.toUpperCase();
  try {
    const number = signalNumber(name.startsWith("SIG") ? name : `SIG${name}`) + Number(offset);
    if (number <= SIGRTMAX) return number;
  } catch (error) {
    if (!(error instanceof InitError)) throw error;
  }
  throw new InitError("bad-signal", `no such signal: ${text.trim()}`);
}
