import { InitError } from "../system/errors.ts";

/** When a schedule comes, in local time: what each field of a cron expression lets in. */
export interface Schedule {
  readonly seconds: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  /** From 1. */
  readonly months: ReadonlySet<number>;
  /** From 0, Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** cron's rule: when both fields of the day are restricted, one that fits is enough. */
  readonly eitherDay: boolean;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** In the order of their numbers, from `least`. */
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fields: readonly Field[] = [
  { name: "second", least: 0, most: 59 },
  { name: "minute", least: 0, most: 59 },
  { name: "hour", least: 0, most: 23 },
  { name: "day of the month", least: 1, most: 31 },
  { name: "month", least: 1, most: 12, names: months },
  // 7 is Sunday too.
  { name: "day of the week", least: 0, most: 7, names: weekdays },
];

const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const HOUR = 3_600_000;
/** Between two 29ths of February, around a year such as 2100. */
const LONGEST_WAIT_DAYS = 8 * 366;

function fail(message: string): never {
  throw new InitError("bad-schedule", message);
}

function readNumber(word: string, field: Field): number {
  const named = field.names?.indexOf(word.toLowerCase()) ?? -1;
  if (named !== -1) return named + field.least;
  if (!/^\d+$/.test(word)) fail(`not a ${field.name}: ${JSON.stringify(word)}`);
  const number = Number(word);
  if (number < field.least || number > field.most)
    fail(`${field.name} ${number} is not within ${field.least}-${field.most}`);
  return number;
}

function readField(text: string, field: Field): Set<number> {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", stepWord, ...more] = part.split("/");
    const step = stepWord === undefined ? 1 : Number(stepWord);
    if (more.length > 0 || (stepWord !== undefined && !/^[1-9]\d*$/.test(stepWord)))
      fail(`not a step of the ${field.name}: ${JSON.stringify(part)}`);
    const [from = "", to, ...rest] = range === "*" ? [`${field.least}`, `${field.most}`] : range.split("-");
    if (rest.length > 0) fail(`not a range of the ${field.name}: ${JSON.stringify(range)}`);
    if (to === undefined && stepWord !== undefined) fail(`a step needs a range or *: ${JSON.stringify(part)}`);
    const first = readNumber(from, field);
    const last = to === undefined ? first : readNumber(to, field);
    if (last < first) fail(`the range of the ${field.name} runs backwards: ${range}`);
    for (let number = first; number <= last; number += step) numbers.add(number);
  }
  return numbers;
}

/**
 * Reads a cron expression: `minute hour day month weekday`, with seconds before them if there are six, or `@daily` and its
 * like. Fields have `*`, numbers, names (`jan`, `mon`), ranges, lists and steps. Throws InitError.
 */
export function parseSchedule(text: string): Schedule {
  const words = text.trim().split(/\s+/);
  if (words[0]!.startsWith("@")) {
    const expression = Object.hasOwn(nicknames, text.trim().toLowerCase()) && nicknames[text.trim().toLowerCase()];
    if (!expression) fail(`no such schedule: ${text.trim()}; known are ${Object.keys(nicknames).join(", ")}`);
    return parseSchedule(expression);
  }
  if (words.length === 5) words.unshift("0");
  if (words.length !== 6) fail(`a schedule has 5 or 6 fields, not ${words.length}: ${JSON.stringify(text)}`);
  const [seconds, minutes, hours, days, monthsOfYear, weekdaysOfWeek] = fields.map((field, index) =>
    readField(words[index]!, field),
  );
  if (weekdaysOfWeek!.delete(7)) weekdaysOfWeek!.add(0);
  const schedule: Schedule = {
    seconds: seconds!,
    minutes: minutes!,
    hours: hours!,
    days: days!,
    months: monthsOfYear!,
    weekdays: weekdaysOfWeek!,
    eitherDay: !words[3]!.startsWith("*") && !words[5]!.startsWith("*"),
  };
  if (findNextTime(schedule, new Date(0)) === undefined) fail(`no such day ever comes: ${JSON.stringify(text)}`);
  return schedule;
}

/**
 * The first time after `after`; undefined: none comes. Where the clock is put forward, an hour that is left out is made up
 * for by the next one; where it is put back, the repeated hour counts only where every hour does, as cron has it.
 */
export function findNextTime(schedule: Schedule, after: Date): Date | undefined {
  let at = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
  const last = at.getTime() + LONGEST_WAIT_DAYS * 24 * HOUR;
  while (at.getTime() <= last) {
    if (!fitsDay(schedule, at)) {
      at = new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1);
      continue;
    }
    const found = fitsHour(schedule, at) ? findWithinHour(schedule, at) : undefined;
    if (found) return found;
    at = new Date(at.getTime() + HOUR - (at.getMinutes() * 60 + at.getSeconds()) * 1000);
  }
  return undefined;
}

function fitsDay({ days, months, weekdays, eitherDay }: Schedule, at: Date): boolean {
  if (!months.has(at.getMonth() + 1)) return false;
  const day = days.has(at.getDate());
  const weekday = weekdays.has(at.getDay());
  return eitherDay ? day || weekday : day && weekday;
}

function fitsHour({ hours }: Schedule, at: Date): boolean {
  const hour = at.getHours();
  const before = new Date(at.getTime() - HOUR).getHours();
  if (before === hour) return hours.size === 24;
  const skipped = (before + 1) % 24;
  return hours.has(hour) || (skipped !== hour && hours.has(skipped));
}

function findWithinHour({ minutes, seconds }: Schedule, at: Date): Date | undefined {
  const startOfHour = at.getTime() - (at.getMinutes() * 60 + at.getSeconds()) * 1000;
  for (let minute = at.getMinutes(); minute < 60; minute++) {
    if (!minutes.has(minute)) continue;
    for (let second = minute === at.getMinutes() ? at.getSeconds() : 0; second < 60; second++)
      if (seconds.has(second)) return new Date(startOfHour + (minute * 60 + second) * 1000);
  }
  return undefined;
}
