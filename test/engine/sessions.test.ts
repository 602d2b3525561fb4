import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listContainers, removeContainer } from "../../src/engine/containers.ts";
import { inspectImage, listImages, removeImage, tagImage } from "../../src/engine/images.ts";
import { listSessions, planSessionPrune, pruneSessions, removeSession } from "../../src/session/kept/api.ts";
import { resumeSession } from "../../src/session/open.ts";
import { base, openTestSession } from "../session-fixture.ts";

const dockerfile = `FROM ${base} AS one\nRUN echo a > /a\nRUN echo b > /b\n`;

test("the list tells what a session holds, while it is open and after it was left", async () => {
  await using t = await openTestSession(dockerfile);
  const { stateDir } = t.options;
  const [fresh] = await listSessions({ stateDir });
  expect(fresh).toMatchObject({ id: t.session.id, state: "open", process: process.pid });
  expect(fresh!.held).toMatchObject({ done: 0, total: 3, handEdits: 0, unsaved: false, last: "" });
  await t.session.next(2);
  await t.session.run("touch /x");
  await t.session.replace(3, "RUN echo other > /b");
  await t.session.close({ remove: false });
  const [left] = await listSessions({ stateDir, size: true });
  expect(left).toMatchObject({ state: "left", process: undefined, problem: undefined });
  expect(left!.held).toMatchObject({
    dockerfile: t.options.dockerfilePath,
    stage: "one",
    last: "edit",
    ...{ done: 2, total: 3, handEdits: 1, unsaved: true },
  });
  expect(left!.held!.checkpoints.length).toBeGreaterThan(0);
  expect(left!.size).toBeGreaterThan(0);
  for (const id of left!.held!.containers) await removeContainer(t.engine, id, { force: true, volumes: true });
  expect(await listSessions({ stateDir })).toMatchObject([{ state: "containers-gone" }]);
  await removeSession(t.session.id, { stateDir });
  expect(await listSessions({ stateDir })).toEqual([]);
});

test("what a session has done follows undo, edits and goto", async () => {
  await using t = await openTestSession(dockerfile);
  const done = async () => (await listSessions({ stateDir: t.options.stateDir }))[0]!.held!.done;
  await t.session.continue();
  expect(await done()).toBe(3);
  await t.session.undo(1);
  expect(await done()).toBe(2);
  await t.session.redo(1);
  await t.session.replace(2, "RUN echo c > /a");
  expect(await done()).toBe(1);
  await t.session.goto("s3");
  expect(await done()).toBe(3);
});

test("removing takes all of a session, but what somebody named or uses", async () => {
  await using t = await openTestSession(dockerfile);
  const { stateDir } = t.options;
  await t.session.continue();
  await t.session.run("touch /x");
  await expect(removeSession(t.session.id, { stateDir })).rejects.toMatchObject({ code: "SESSION_BUSY" });
  await t.session.close({ remove: false });
  const name = `slipway-test-named:${randomUUID()}`;
  const { images } = (await listSessions({ stateDir }))[0]!.held!;
  await tagImage(t.engine, images.at(-1)!, name);
  try {
    const removed = await removeSession(t.session.id, { stateDir });
    expect(removed.used).toContain(images.at(-1));
    expect(removed.containers).toHaveLength(1);
    expect((await inspectImage(t.engine, name))?.id).toBe(images.at(-1));
    expect(await listContainers(t.engine, { all: true, label: [`slipway.session=${t.session.id}`] })).toEqual([]);
  } finally {
    await removeImage(t.engine, name);
  }
  await expect(removeSession(t.session.id, { stateDir })).rejects.toMatchObject({ code: "SESSION_UNKNOWN" });
  await expect(removeSession("../context", { stateDir })).rejects.toMatchObject({ code: "SESSION_UNKNOWN" });
});

test("a session whose engine does not answer is only forgotten", async () => {
  await using t = await openTestSession(dockerfile);
  const { stateDir } = t.options;
  await t.session.next(1);
  await t.session.close({ remove: false });
  const journal = join(stateDir, "sessions", t.session.id, "journal.jsonl");
  const text = await readFile(journal, "utf8");
  await writeFile(journal, text.replaceAll(t.engine.endpoint.url, "unix:///nowhere.sock"));
  const [listed] = await listSessions({ stateDir });
  expect(listed).toMatchObject({ state: "unreachable", problem: expect.stringContaining("/nowhere.sock") });
  await expect(removeSession(t.session.id, { stateDir })).rejects.toMatchObject({
    code: "SESSION_ENGINE_UNREACHABLE",
    hint: expect.stringContaining("--forget"),
  });
  expect((await planSessionPrune({ stateDir, all: true })).sessions).toEqual([]);
  expect(await removeSession(t.session.id, { stateDir, forget: true })).toMatchObject({ engine: undefined });
  expect(await listSessions({ stateDir })).toEqual([]);
});

test("a journal that can't be read is listed, and its session can be removed by its labels", async () => {
  await using t = await openTestSession(dockerfile);
  const { stateDir } = t.options;
  await t.session.next(2);
  await t.session.run("touch /x");
  await t.session.close({ remove: false });
  await writeFile(join(stateDir, "sessions", t.session.id, "journal.jsonl"), "");
  await mkdir(join(stateDir, "sessions", "empty"));
  expect((await listSessions({ stateDir })).map(({ id, state }) => [id, state])).toEqual([
    [t.session.id, "unreadable"],
    ["empty", "unreadable"],
  ]);
  await expect(resumeSession({ ...t.options, id: t.session.id })).rejects.toMatchObject({ code: "SESSION_UNREADABLE" });
  await removeSession(t.session.id, { stateDir });
  await removeSession("empty", { stateDir });
  expect(await listImages(t.engine, { label: [`slipway.session=${t.session.id}`] })).toEqual([]);
});

test("pruning spares what is open or holds work, and takes what was forgotten", async () => {
  await using t = await openTestSession(dockerfile);
  await using other = await openTestSession(dockerfile, { stateDir: t.options.stateDir });
  const { stateDir } = t.options;
  const place = { stateDir };
  const ids = async (options: Parameters<typeof planSessionPrune>[0] = {}) =>
    (await planSessionPrune({ ...place, ...options })).sessions.map(({ id }) => id);
  await other.session.next(1);
  await t.session.next(2);
  expect(await ids({ all: true })).toEqual([]);
  await t.session.close({ remove: false });
  expect(await ids()).toEqual([t.session.id]);
  expect(await ids({ olderThan: 3_600_000 })).toEqual([]);
  await t.resume().then((session) => session.run("touch /x"));
  await t.session.close({ remove: false });
  expect(await ids()).toEqual([]);
  expect(await ids({ all: true })).toEqual([t.session.id]);

  // Its folder goes, its objects stay.
  await rm(join(stateDir, "sessions", t.session.id), { recursive: true });
  const plan = await planSessionPrune(place);
  expect(plan.orphans.map(({ session }) => session)).toEqual([t.session.id]);
  // To this folder they are somebody else's.
  const elsewhere = await mkdtemp(join(tmpdir(), "slipway-state-"));
  const theirs = await planSessionPrune({ stateDir: elsewhere });
  expect(theirs.orphans).toEqual([]);
  expect(theirs.strangers.map(({ session }) => session)).toEqual(
    expect.arrayContaining([t.session.id, other.session.id]),
  );
  await rm(elsewhere, { recursive: true });
  const pruned = await pruneSessions({ ...plan, volumes: [] }, place);
  expect(pruned.orphans.map(({ session }) => session)).toEqual([t.session.id]);
  expect((await planSessionPrune(place)).orphans).toEqual([]);
});

test("of an edit that a kill cut off, nothing stays: steps keep what is known of them", async () => {
  await using t = await openTestSession(dockerfile);
  await t.session.next(3);
  const before = t.session.steps();
  await t.session.insert(2, "RUN echo inserted");
  await t.session.close({ remove: false });
  const path = join(t.options.stateDir, "sessions", t.session.id, "journal.jsonl");
  const journal = await readFile(path, "utf8");
  // The program may be killed between these two: the steps have their new numbers, but there is no state with them yet.
  const cut = journal.indexOf("\n", journal.lastIndexOf('{"type":"memories"')) + 1;
  expect(journal.slice(cut)).toMatch(/^\{"type":"state"/);
  await writeFile(path, journal.slice(0, cut));
  const session = await t.resume();
  expect(session.steps()).toEqual(before);
});
