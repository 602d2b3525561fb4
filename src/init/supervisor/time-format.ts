const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const MS_PER_DAY = 86_400_000;

function pad(value: number, width = 2, filling = "0"): string {
  return String(value).padStart(width, filling);
}

function dayOfYear(time: Date): number {
  const start = Date.UTC(time.getFullYear(), 0, 1);
  return (Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) - start) / MS_PER_DAY + 1;
}

/** Weeks that begin with `firstDay` (0 Sunday, 1 Monday); days before the first are in week 0. */
function weekOfYear(time: Date, firstDay: 0 | 1): number {
  return Math.floor((dayOfYear(time) + 6 - ((time.getDay() + 7 - firstDay) % 7)) / 7);
}

/** ISO 8601: the week with the year's first Thursday is week 1. */
function isoWeek(time: Date): readonly [year: number, week: number] {
  const thursday = new Date(time.getFullYear(), time.getMonth(), time.getDate() + 3 - ((time.getDay() + 6) % 7));
  return [thursday.getFullYear(), Math.floor((dayOfYear(thursday) - 1) / 7) + 1];
}

function zone(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

const directives: Readonly<Record<string, (time: Date) => string>> = {
  a: (time) => days[time.getDay()]!.slice(0, 3),
  A: (time) => days[time.getDay()]!,
  b: (time) => months[time.getMonth()]!.slice(0, 3),
  B: (time) => months[time.getMonth()]!,
  c: (time) => formatTime("%a %b %e %H:%M:%S %Y", time),
  C: (time) => pad(Math.floor(time.getFullYear() / 100)),
  d: (time) => pad(time.getDate()),
  D: (time) => formatTime("%m/%d/%y", time),
  e: (time) => pad(time.getDate(), 2, " "),
  f: (time) => pad(time.getMilliseconds() * 1000, 6),
  F: (time) => formatTime("%Y-%m-%d", time),
  G: (time) => String(isoWeek(time)[0]),
  h: (time) => months[time.getMonth()]!.slice(0, 3),
  H: (time) => pad(time.getHours()),
  I: (time) => pad(time.getHours() % 12 || 12),
  j: (time) => pad(dayOfYear(time), 3),
  m: (time) => pad(time.getMonth() + 1),
  M: (time) => pad(time.getMinutes()),
  n: () => "\n",
  p: (time) => (time.getHours() < 12 ? "AM" : "PM"),
  r: (time) => formatTime("%I:%M:%S %p", time),
  R: (time) => formatTime("%H:%M", time),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  S: (time) => pad(time.getSeconds()),
  t: () => "\t",
  T: (time) => formatTime("%H:%M:%S", time),
  u: (time) => String(time.getDay() || 7),
  U: (time) => pad(weekOfYear(time, 0)),
  V: (time) => pad(isoWeek(time)[1]),
  w: (time) => String(time.getDay()),
  W: (time) => pad(weekOfYear(time, 1)),
  x: (time) => formatTime("%m/%d/%y", time),
  X: (time) => formatTime("%H:%M:%S", time),
  y: (time) => pad(time.getFullYear() % 100),
  Y: (time) => String(time.getFullYear()),
  z: zone,
  Z: zone,
  "%": () => "%",
};

/**
 * Python's datetime.strftime in the C locale and local time; an unknown directive stays as it is. `%Z` gives the offset: names of
 * zones are not to be had.
 */
export function formatTime(format: string, time: Date): string {
  return format.replace(/%([A-Za-z%])/g, (whole, letter: string) => directives[letter]?.(time) ?? whole);
}
