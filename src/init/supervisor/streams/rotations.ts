import * as native from "native";
import { check, ENOENT } from "../../system/errors.ts";
import { parentOf } from "../../system/files.ts";
import { formatTime } from "../time-format.ts";
import { type Rotation, wholeLines } from "./file-sink.ts";

export const noRotation: Rotation = { fitting: (lines) => lines.length, rotate: () => {}, followsName: false };
export const followName: Rotation = { ...noRotation, followsName: true };

function move(from: string, to: string): void {
  const result = native.rename(from, to);
  if (result !== -ENOENT) check(result, () => `rename ${from} to ${to}`);
}

/**
 * circus's FileStream: before a file reaches `maxBytes` it becomes FILE.1, that FILE.2, up to `backupCount`. Without backups it
 * just grows, as with circus. Lines are not cut.
 */
export function rotateBySize(maxBytes: number, backupCount: number): Rotation {
  if (maxBytes <= 0 || backupCount <= 0) return noRotation;
  return {
    fitting: (lines, size) => wholeLines(lines, maxBytes - 1 - size, size === 0),
    rotate: (path) => {
      for (let number = backupCount - 1; number > 0; number--) move(`${path}.${number}`, `${path}.${number + 1}`);
      move(path, `${path}.1`);
    },
    followsName: false,
  };
}

export interface TimedRotation {
  readonly when: string;
  readonly interval: number;
  readonly backupCount: number;
  readonly utc: boolean;
}

const units: Readonly<Record<string, readonly [seconds: number, suffix: string, digits: number]>> = {
  S: [1, "%Y%m%d%H%M%S", 14],
  M: [60, "%Y%m%d%H%M", 12],
  H: [3600, "%Y%m%d%H", 10],
  D: [86_400, "%Y%m%d", 8],
  midnight: [86_400, "%Y%m%d", 8],
  W: [7 * 86_400, "%Y%m%d", 8],
};

/** The same fields in UTC, for functions that know local time only. */
function asLocal(time: Date, utc: boolean): Date {
  return utc ? new Date(time.getTime() + time.getTimezoneOffset() * 60_000) : time;
}

/** When the file that was begun at `start` is put aside. Weekdays count from Monday, as Python's. */
export function nextRotation(start: Date, { when, interval, utc }: TimedRotation): Date {
  const [seconds] = units[when.startsWith("W") ? "W" : when]!;
  if (when !== "midnight" && !when.startsWith("W")) return new Date(start.getTime() + seconds * interval * 1000);
  const local = asLocal(start, utc);
  const wanted = when.startsWith("W") ? Number(when[1]) : undefined;
  const today = (local.getDay() + 6) % 7;
  // The end of the wanted day: of today, when it is today.
  const days = wanted === undefined ? 1 : ((wanted - today + 7) % 7) + 1;
  const shifted = new Date(local.getFullYear(), local.getMonth(), local.getDate() + days);
  return new Date(shifted.getTime() - (asLocal(shifted, utc).getTime() - shifted.getTime()));
}

/** circus's TimedRotatingFileStream; a second file of the same time gets a number instead of taking the first one's place. */
export function rotateByTime(path: string, options: TimedRotation): Rotation {
  const [seconds, format, digits] = units[options.when.startsWith("W") ? "W" : options.when]!;
  const found = native.stat(path);
  let due = nextRotation(typeof found === "number" ? new Date() : new Date(found.mtime * 1000), options);
  return {
    fitting: (lines) => (Date.now() >= due.getTime() ? 0 : lines.length),
    rotate: (file) => {
      const begun = new Date(due.getTime() - seconds * options.interval * 1000);
      move(file, freeName(`${file}.${formatTime(format, asLocal(begun, options.utc))}`));
      if (options.backupCount > 0) removeOldest(file, digits, options.backupCount);
      const now = new Date();
      do due = nextRotation(due, options);
      while (due.getTime() <= now.getTime());
    },
    followsName: false,
  };
}

function freeName(name: string): string {
  let free = name;
  for (let number = 1; typeof native.lstat(free) !== "number"; number++) free = `${name}.${number}`;
  return free;
}

function removeOldest(file: string, digits: number, keep: number): void {
  const folder = parentOf(file.includes("/") ? file : `./${file}`);
  const prefix = `${file.slice(file.lastIndexOf("/") + 1)}.`;
  const pattern = new RegExp(`^\\d{${digits}}(\\.\\d+)?$`);
  const names = check(native.readdir(folder), () => `read ${folder}`)
    .filter((name) => name.startsWith(prefix) && pattern.test(name.slice(prefix.length)))
    .sort();
  for (const name of names.slice(0, Math.max(0, names.length - keep)))
    check(native.unlink(`${folder}/${name}`), () => `remove ${folder}/${name}`);
}
