import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockSession } from "./lock.ts";

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "slipway-lock-"));
});
afterEach(async () => {
  await rm(state, { recursive: true, force: true });
});

test("one program at a time", async () => {
  const lock = await lockSession(state, "a");
  await expect(lockSession(state, "a")).rejects.toMatchObject({
    code: "SESSION_BUSY",
    message: expect.stringContaining(String(process.pid)),
  });
  await (await lockSession(state, "b"))[Symbol.asyncDispose]();
  await lock[Symbol.asyncDispose]();
  await (await lockSession(state, "a"))[Symbol.asyncDispose]();
});

test("the lock of a program that is gone is taken over, also when its process id is somebody else's now", async () => {
  const child = spawn("true");
  await once(child, "close");
  const lock = join(state, "sessions/a/lock");
  await (await lockSession(state, "a"))[Symbol.asyncDispose]();
  for (const holder of [{ pid: child.pid, startTime: "1" }, { pid: child.pid }, { pid: process.pid, startTime: "1" }]) {
    await writeFile(lock, JSON.stringify(holder));
    await (await lockSession(state, "a"))[Symbol.asyncDispose]();
  }
});

test("of several at once, one gets it", async () => {
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockSession(state, "a")));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const refusals = tries.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
  expect(refusals).toEqual(Array(7).fill("SESSION_BUSY"));
});
