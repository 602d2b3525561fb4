/** Sizes and times as docker prints them, so that columns of both tools read the same. */

const SIZE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes in decimal units with three significant digits: `0B`, `72.8MB`, `1.23GB` (docker's go-units HumanSize). */
export function formatSize(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (Math.abs(value) >= 1000 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${SIZE_UNITS[unit]}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long a piece of work took: `3ms`, `1.2s`, `1m05s`, `2h03m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m${pad(seconds % MINUTE)}s`;
  return `${Math.floor(seconds / HOUR)}h${pad(Math.floor((seconds % HOUR) / MINUTE))}m`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** How long ago something was, in its largest unit: `just now`, `1 minute ago`, `3 days ago`. */
export function formatAge(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const units = [
    ["year", 365 * DAY],
    ["month", 30 * DAY],
    ["week", 7 * DAY],
    ["day", DAY],
    ["hour", HOUR],
    ["minute", MINUTE],
  ] as const;
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? [];
  if (unit === undefined) return seconds < 10 ? "just now" : `${Math.round(seconds)} seconds ago`;
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
