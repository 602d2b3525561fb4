/** Values as the engine's Go programs read them: durations, truth, sizes. All give undefined for what is none. */

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a Go duration like `1m30.5s`, `-1s`, `0`. */
export function parseDuration(text: string): number | undefined {
  const [, sign, rest] = /^([-+]?)(.*)$/s.exec(text)!;
  if (rest === "0") return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
  let total = 0;
  let at = 0;
  while (at < rest!.length) {
    part.lastIndex = at;
    const match = part.exec(rest!);
    if (!match) return undefined;
    total += Number(match[1]) * units[match[2]!]!;
    at = part.lastIndex;
  }
  if (at === 0 || total >= 2 ** 63) return undefined;
  return Math.trunc(sign === "-" ? -total : total);
}

export function parseBoolean(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return undefined;
}

/** Bytes of a size like `512`, `64m`, `1.5 GiB`, in powers of 1024. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+) ?(?:b|([kmgtp])(?:i?b)?)?$/i.exec(text);
  if (!match) return undefined;
  return Math.trunc(Number(match[1]) * 1024 ** " kmgtp".indexOf(match[2]?.toLowerCase() ?? " "));
}

/** A number of digits of the given base that fits into 32 bits. */
export function parseUint32(text: string, base: 8 | 10): number | undefined {
  if (!(base === 8 ? /^[0-7]+$/ : /^[0-9]+$/).test(text)) return undefined;
  const value = Number.parseInt(text, base);
  return value < 2 ** 32 ? value : undefined;
}

/** The fields of one line of comma-separated values (RFC 4180); undefined when a quote is out of place. */
export function parseCsvLine(line: string): string[] | undefined {
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  const fields: string[] = [];
  for (;;) {
    const match = field.exec(line);
    if (!match) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === "") return fields;
  }
}
