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

/** A span in words: `Less than a second`, `About an hour`, `3 days` (docker's go-units HumanDuration). */
function formatSpan(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / MINUTE);
  const hours = Math.floor(seconds / HOUR + 0.5);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < MINUTE) return `${seconds} seconds`;
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(seconds / DAY / 365)} years`;
}

export function formatAge(date: Date, now: Date): string {
  return `${formatSpan(Math.max(0, now.getTime() - date.getTime()))} ago`;
}

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
