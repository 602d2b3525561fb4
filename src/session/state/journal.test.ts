import { expect, test } from "vitest";
import type { JournalRecord } from "../history/records.ts";
import { parseJournal } from "./journal.ts";

const beginning = { type: "begin", version: 2, id: "a", created: "", engine: "", options: {}, text: "FROM x\n" };
const records = [beginning, { type: "disk", text: "größer 🛳" }, { type: "move", state: 3 }] as JournalRecord[];
const whole = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
const path = "/state/journal.jsonl";

test("a journal that was cut anywhere is one of its whole lines", () => {
  const firstEnd = whole.indexOf(10) + 1;
  for (let length = firstEnd; length <= whole.length; length++) {
    const cut = whole.subarray(0, length);
    const read = parseJournal(cut, path);
    expect(read.length).toBe(cut.lastIndexOf(10) + 1);
    expect(read.records).toEqual(records.slice(0, read.records.length));
    expect(whole.subarray(0, read.length).toString().split("\n")).toHaveLength(read.records.length + 1);
  }
});

test("a journal without its beginning can't be read, and the error says what to do", () => {
  const unreadable = { code: "SESSION_UNREADABLE", hint: expect.stringContaining("slipway sessions rm") };
  const firstEnd = whole.indexOf(10) + 1;
  for (const bytes of [Buffer.alloc(0), whole.subarray(0, firstEnd - 1), whole.subarray(firstEnd)]) {
    expect(() => parseJournal(bytes, path)).toThrow(expect.objectContaining(unreadable));
  }
  const other = Buffer.from(`${JSON.stringify({ ...beginning, version: 1 })}\n`);
  expect(() => parseJournal(other, path)).toThrow(/another version/);
});

test("what is no record is named with its line; a power loss may leave zeros", () => {
  const broken = Buffer.concat([whole, Buffer.from("{nonsense}\n")]);
  expect(() => parseJournal(broken, path)).toThrow(/journal\.jsonl:4 is no record of a session/);
  expect(parseJournal(Buffer.concat([whole, Buffer.alloc(100)]), path).records).toEqual(records);
});
