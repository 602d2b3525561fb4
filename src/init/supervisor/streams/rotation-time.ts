export interface TimedRotation {
  readonly when: string;
  readonly interval: number;
  readonly backupCount: number;
  readonly utc: boolean;
}

interface Unit {
  readonly seconds: number;
  /** Of the name of a file that was put aside. */
  readonly suffix: string;
  readonly digits: number;
}

const units: Readonly<Record<string, Unit>> = {
  S: { seconds: 1, suffix: "%Y%m%d%H%M%S", digits: 14 },
  M: { seconds: 60, suffix: "%Y%m%d%H%M", digits: 12 },
  H: { seconds: 3600, suffix: "%Y%m%d%H", digits: 10 },
  D: { seconds: 86_400, suffix: "%Y%m%d", digits: 8 },
  midnight: { seconds: 86_400, suffix: "%Y%m%d", digits: 8 },
  W: { seconds: 7 * 86_400, suffix: "%Y%m%d", digits: 8 },
};

export function unitOf(when: string): Unit {
  return units[when.startsWith("W") ? "W" : when]!;
}

/** The same fields in UTC, for functions that know local time only. */
export function asLocal(time: Date, utc: boolean): Date {
  return utc ? new Date(time.getTime() + time.getTimezoneOffset() * 60_000) : time;
}

/** When the file that was begun at `start` is put aside. Weekdays count from Monday, as Python's. */
export function nextRotation(start: Date, { when, interval, utc }: TimedRotation): Date {
  const { seconds } = unitOf(when);
  if (when !== "midnight" && !when.startsWith("W")) return new Date(start.getTime() + seconds * interval * 1000);
  const local = asLocal(start, utc);
  const wanted = when.startsWith("W") ? Number(when[1]) : undefined;
  const today = (local.getDay() + 6) % 7;
  // The end of the wanted day: of today, when it is today.
  const days = wanted === undefined ? 1 : ((wanted - today + 7) % 7) + 1;
  const shifted = new Date(local.getFullYear(), local.getMonth(), local.getDate() + days);
  return new Date(shifted.getTime() - (asLocal(shifted, utc).getTime() - shifted.getTime()));
}
