import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SessionEvent } from "../../src/session/events.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";

const three = `FROM ${base}\nRUN echo one > /1\nRUN echo two > /2\nRUN echo three > /3\n`;

const onDisk = (t: TestSession) => readFile(join(t.folder, "Dockerfile"), "utf8");
const notices = (t: TestSession) => t.events.flatMap((event) => (event.type === "notice" ? [event.message] : []));
const outside = (t: TestSession) =>
  t.events.flatMap((event) => (event.type === "dockerfile-changed" && event.outside ? [event.outside] : []));
const ran = (events: readonly SessionEvent[]) =>
  events.flatMap((event) => (event.type === "step-finished" ? [event.step.number] : []));

test("a Dockerfile that is saved elsewhere is taken over before the next command, and only what it changed runs", async () => {
  await using t = await openTestSession(three);
  await t.session.continue();
  await t.write("Dockerfile", three.replace("echo three", "echo drei"));
  t.events.length = 0;
  expect(await t.session.continue()).toBe("end");
  expect(outside(t)).toEqual([{ merged: false, changed: [4], removed: [] }]);
  expect(ran(t.events)).toContain(4);
  expect(await t.session.run("grep drei /3")).toBe(0);
  expect(t.session.status()).toMatchObject({ unsaved: false, outside: undefined });
});

test("what the session and an editor changed in different places is merged, and written as that", async () => {
  await using t = await openTestSession(three);
  await t.session.replace(2, "RUN echo uno > /1");
  // As editors save: another file takes its place.
  await t.write("Dockerfile.new", `${three}RUN echo four > /4\n`);
  await rename(join(t.folder, "Dockerfile.new"), join(t.folder, "Dockerfile"));
  await t.session.write();
  const merged = `${three.replace("echo one", "echo uno")}RUN echo four > /4\n`;
  expect(outside(t)).toEqual([{ merged: true, changed: [5], removed: [] }]);
  expect(t.session.text).toBe(merged);
  expect(await onDisk(t)).toBe(merged);
});

test("an edit counts its steps in the text that was seen, not in the one that comes from disk meanwhile", async () => {
  await using t = await openTestSession(three);
  await t.write("Dockerfile", three.replace("RUN echo one > /1", "ENV A=1\nRUN echo one > /1"));
  await t.session.replace(4, "RUN echo drei > /3");
  expect(t.session.text).toBe(`FROM ${base}\nENV A=1\nRUN echo one > /1\nRUN echo two > /2\nRUN echo drei > /3\n`);
});

test("lines that both changed are taken from neither until somebody chooses", async () => {
  await using t = await openTestSession(three);
  await t.session.replace(3, "RUN echo dos > /2");
  const theirs = three.replace("echo two", "echo deux").replace("echo three", "echo trois");
  await t.write("Dockerfile", theirs);
  await t.session.refresh();
  await t.session.refresh();
  expect(notices(t)).toEqual([expect.stringMatching(/changed it too: lines 3-4 here, lines 3-4 there/)]);
  expect(t.session.text).toContain("echo dos");
  await expect(t.session.write()).rejects.toMatchObject({
    code: "DOCKERFILE_CONFLICT",
    message: expect.stringContaining("nothing is written"),
    hint: expect.stringContaining("merge --ours"),
  });
  expect(await onDisk(t)).toBe(theirs);
  const merging = await t.session.outsideMerge();
  expect(merging.text).toContain("<<<<<<< session\nRUN echo dos");
  await expect(merging.take(merging.text)).rejects.toMatchObject({ code: "MERGE_UNRESOLVED" });
  await merging.take(merging.theirs);
  expect(t.session.text).toContain("echo deux");
  await t.session.write();
  expect(await onDisk(t)).toBe(t.session.text);
});

test("a file that doesn't parse waits until it is right", async () => {
  await using t = await openTestSession(three);
  await t.write("Dockerfile", `${three}RAN oops\n`);
  expect(await t.session.continue()).toBe("end");
  expect(notices(t)).toEqual([expect.stringMatching(/is not taken: an error in .*RAN/s)]);
  expect(t.session.status().outside).toContain("RAN");
  await expect(t.session.write()).rejects.toMatchObject({ code: "DOCKERFILE_INVALID_ON_DISK" });
  await expect(t.session.finish({ tag: undefined, run: false, noCache: false })).rejects.toMatchObject({
    code: "DOCKERFILE_INVALID_ON_DISK",
  });
  await t.write("Dockerfile", `${three}RUN echo right > /4\n`);
  expect(await t.session.continue()).toBe("end");
  expect(await t.session.run("test -e /4")).toBe(0);
});

test("a file that is gone is told, and written anew", async () => {
  await using t = await openTestSession(three);
  await rm(join(t.folder, "Dockerfile"));
  await t.session.next(1);
  expect(notices(t)).toEqual([expect.stringContaining("is gone")]);
  await t.session.write();
  expect(await onDisk(t)).toBe(three);
  expect(t.session.status().outside).toBeUndefined();
});

test("what was saved while no session was there is found at resume", async () => {
  await using t = await openTestSession(three);
  await t.session.replace(2, "RUN echo uno > /1");
  const { id } = t.session;
  await t.session.close({ remove: false });
  await writeFile(join(t.folder, "Dockerfile"), `${three}RUN true\n`);
  const session = await t.resume();
  expect(session.id).toBe(id);
  await session.refresh();
  expect(session.text).toBe(`${three.replace("echo one", "echo uno")}RUN true\n`);
});
