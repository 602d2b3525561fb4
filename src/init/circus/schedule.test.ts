import { Cron } from "croner";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { findNextTime, parseSchedule } from "./schedule.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

function nextTimes(expression: string, after: string, count: number): string[] {
  const schedule = parseSchedule(expression);
  const times: string[] = [];
  for (let at: Date | undefined = new Date(after); times.length < count; ) {
    at = findNextTime(schedule, at);
    if (!at) break;
    times.push(at.toISOString());
  }
  return times;
}

/** A field as people write it: `*`, lists of numbers, ranges, steps. */
function field(least: number, most: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: least, max: most });
  const range = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.tuple(range, fc.integer({ min: 1, max: most })).map(([of, by]) => `${of}/${by}`);
  const list = fc.array(fc.oneof(number.map(String), range, step), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    fc.constant("*"),
    list.map((parts) => parts.join(",")),
  );
}

/** Also with steps of `*`; those of days are cron's own matter, see below. */
function timeField(most: number): fc.Arbitrary<string> {
  return fc.oneof(
    field(0, most),
    fc.integer({ min: 1, max: most }).map((by) => `*/${by}`),
  );
}

const expressions = fc
  .tuple(timeField(59), timeField(59), timeField(23), field(1, 28), field(1, 12), field(0, 7))
  .map((fields) => fields.join(" "));

test("comes when croner says", () => {
  vi.stubEnv("TZ", "UTC");
  const moments = fc.date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(expressions, moments, (expression, after) => {
      const expected = new Cron(expression).nextRun(after);
      expect(findNextTime(parseSchedule(expression), after)?.toISOString()).toBe(expected?.toISOString());
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["@daily", "2026-02-27T12:00:00Z", ["2026-02-28T00:00:00.000Z", "2026-03-01T00:00:00.000Z"]],
  ["@hourly", "2026-12-31T23:00:00Z", ["2027-01-01T00:00:00.000Z", "2027-01-01T01:00:00.000Z"]],
  ["30 4 1,15 * fri", "2026-05-14T00:00:00Z", ["2026-05-15T04:30:00.000Z", "2026-05-22T04:30:00.000Z"]],
  ["0 12 * jan-MAR mon-fri/2", "2026-03-27T13:00:00Z", ["2026-03-30T12:00:00.000Z", "2027-01-01T12:00:00.000Z"]],
  ["0 0 29 2 *", "2096-03-01T00:00:00Z", ["2104-02-29T00:00:00.000Z"]],
  ["*/20 * * * * *", "2026-01-01T00:00:05.5Z", ["2026-01-01T00:00:20.000Z", "2026-01-01T00:00:40.000Z"]],
  ["0 0 * * 7", "2026-01-01T00:00:00Z", ["2026-01-04T00:00:00.000Z"]],
])("%s", (expression, after, expected) => {
  vi.stubEnv("TZ", "UTC");
  expect(nextTimes(expression, after, expected.length)).toEqual(expected);
});

test("a day field that begins with * restricts the other one, as crontab(5) has it, where croner takes either", () => {
  vi.stubEnv("TZ", "UTC");
  expect(nextTimes("0 0 */2 * mon", "2026-01-01T00:00:00Z", 2)).toEqual([
    "2026-01-05T00:00:00.000Z",
    "2026-01-19T00:00:00.000Z",
  ]);
});

test("an hour that the clock leaves out is made up for, one that comes twice counts once unless every hour does", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  // 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00.
  expect(nextTimes("30 2 * * *", "2026-03-28T12:00:00Z", 2)).toEqual([
    "2026-03-29T01:30:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  expect(nextTimes("30 2 * * *", "2026-10-24T12:00:00Z", 2)).toEqual([
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
  expect(nextTimes("0 * * * *", "2026-10-24T23:30:00Z", 3)).toEqual([
    "2026-10-25T00:00:00.000Z",
    "2026-10-25T01:00:00.000Z",
    "2026-10-25T02:00:00.000Z",
  ]);
});

test.each([
  ["* * * *", "a schedule has 5 or 6 fields, not 4"],
  ["60 * * * *", "minute 60 is not within 0-59"],
  ["* * 0 * *", "day of the month 0 is not within 1-31"],
  ["* * * * moon", 'not a day of the week: "moon"'],
  ["9-5 * * * *", "the range of the minute runs backwards: 9-5"],
  ["5/10 * * * *", "a step needs a range or *"],
  ["*/0 * * * *", "not a step of the minute"],
  ["1-2-3 * * * *", "not a range of the minute"],
  ["0 0 30 2 *", "no such day ever comes"],
  ["@reboot", "no such schedule: @reboot"],
  ["", "a schedule has 5 or 6 fields"],
])("%s is refused: %s", (expression, message) => {
  expect(() => parseSchedule(expression)).toThrow(message);
});
