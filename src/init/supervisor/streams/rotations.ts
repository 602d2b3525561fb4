import * as native from "native";
import { check, ENOENT } from "../../system/errors.ts";
import { parentOf } from "../../system/files.ts";
import { formatTime } from "../time-format.ts";
import type { Rotation } from "./file-sink.ts";
import { asLocal, nextRotation, type TimedRotation, unitOf } from "./rotation-time.ts";
import { wholeLines } from "./whole-lines.ts";

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

/** circus's TimedRotatingFileStream; a second file of the same time gets a number instead of taking the first one's place. */
export function rotateByTime(path: string, options: TimedRotation): Rotation {
  const { seconds, suffix, digits } = unitOf(options.when);
  const found = native.stat(path);
  let due = nextRotation(typeof found === "number" ? new Date() : new Date(found.mtime * 1000), options);
  return {
    fitting: (lines) => (Date.now() >= due.getTime() ? 0 : lines.length),
    rotate: (file) => {
      const begun = new Date(due.getTime() - seconds * options.interval * 1000);
      move(file, freeName(`${file}.${formatTime(suffix, asLocal(begun, options.utc))}`));
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
