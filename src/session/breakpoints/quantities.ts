/** Decimal as docker prints sizes, binary where the unit says so. */
const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of `50MB`, `1.5GiB`, `4096`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const unit = sizeUnits[match?.[2]?.toLowerCase() ?? "none"];
  return unit === undefined ? undefined : Number(match![1]) * unit;
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `500ms`, `5s`, `1m30s`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smh]))+$/.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smh])/g)) {
    milliseconds += Number(number) * timeUnits[unit!]!;
  }
  return milliseconds;
}
