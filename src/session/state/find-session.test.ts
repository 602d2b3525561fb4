import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { JOURNAL_VERSION } from "../history/records.ts";
import { findSession, Journal, readJournal, replayJournal, sessionFolder } from "./journal.ts";

let stateDir: string;
const begin = { type: "begin", version: JOURNAL_VERSION, options: { context: "/project" }, text: "" };
const state = { type: "state", state: { id: 0 } };

async function writeJournal(id: string, text: string | undefined): Promise<void> {
  await mkdir(sessionFolder(stateDir, id), { recursive: true });
  if (text !== undefined) await writeFile(join(sessionFolder(stateDir, id), "journal.jsonl"), text);
}

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "slipway-journal-"));
});
afterAll(async () => await rm(stateDir, { recursive: true }));

test("a session whose program died while it was opened is in nobody's way", async () => {
  await writeJournal("a", `${JSON.stringify(begin)}\n${JSON.stringify(state)}\n{"type":"sta`);
  await writeJournal("b", `${JSON.stringify(begin)}\n`);
  await writeJournal("c", "");
  await writeJournal("d", undefined);
  expect(await findSession(stateDir, "/project")).toBe("a");
  const { records } = await readJournal(stateDir, "b");
  using journal = new Journal(stateDir, "b");
  expect(() => replayJournal(records, journal)).toThrow(expect.objectContaining({ code: "SESSION_UNREADABLE" }));
  await expect(findSession(stateDir, "/elsewhere")).rejects.toMatchObject({ code: "SESSION_UNKNOWN" });
});

test("half a line at the end never counted", async () => {
  const { records, length } = await readJournal(stateDir, "a");
  expect(records.map(({ type }) => type)).toEqual(["begin", "state"]);
  expect(length).toBe(JSON.stringify(begin).length + JSON.stringify(state).length + 2);
});
