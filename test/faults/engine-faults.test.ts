import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { killContainer } from "../../src/engine/containers.ts";
import { findEngine } from "../../src/engine/find-engine.ts";
import { loadImages, saveImage } from "../../src/engine/images.ts";
import { privateEnginePlaces } from "../../src/engine/private-engine/places.ts";
import { startPrivateEngine } from "../../src/engine/private-engine/start.ts";
import { readState } from "../../src/engine/private-engine/state.ts";
import { stopPrivateEngine } from "../../src/engine/private-engine/stop.ts";
import { SlipwayError } from "../../src/errors.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";

const run = promisify(execFile);

const dockerfile = `FROM ${base}
RUN echo one > /one
RUN echo two > /two
RUN echo three > /three
RUN cat /one /two /three > /all
`;

let folder: string;
let engine: EngineClient;
let places: { env: Record<string, string | undefined>; home: string };

async function open(stateDir = join(folder, "state")): Promise<TestSession> {
  return await openTestSession(dockerfile, { engine, stateDir });
}

/** A command that a fault hit may fail once; the one after it works again. */
async function insist<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return await command();
  }
}

/** What of the session's files is there, in their order. */
async function expectFiles(t: TestSession, files: string): Promise<void> {
  expect(await t.session.run(`test "$(echo $(cat /one /two /three /hand 2>/dev/null))" = "${files}"`)).toBe(0);
}

describe.runIf(userInfo().uid === 0)("a session lives through", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-engine-faults-"));
    places = { env: { PATH: process.env.PATH, SLIPWAY_ENGINE_DIR: join(folder, "engine") }, home: folder };
    engine = connectEngine(await startPrivateEngine(places));
    await using outer = await findEngine({ env: process.env, home: folder });
    await loadImages(engine, await saveImage(outer, base));
  });
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    await stopPrivateEngine(places);
    await rm(folder, { recursive: true, force: true });
  });

  test("the death of the engine", async () => {
    await using t = await open();
    await t.session.next(3);
    await t.session.run("echo hand > /hand");
    process.kill((await readState(privateEnginePlaces(places.env, places.home)))!.process.pid, "SIGKILL");
    await startPrivateEngine(places);
    await insist(async () => await expectFiles(t, "one two hand"));
    expect(await t.session.continue()).toBe("end");
    await expectFiles(t, "one two three hand");
  });

  test("the death of its container, by somebody's hand", async () => {
    await using t = await open();
    await t.session.next(2);
    await t.session.run("echo hand > /hand");
    await t.session.next(1);
    await killContainer(engine, t.session.status().container!);
    await insist(async () => await expectFiles(t, "one two hand"));
    expect(await t.session.continue()).toBe("end");
    await expectFiles(t, "one two three hand");
  });

  test("docker system prune --all", async () => {
    await using t = await open();
    await t.session.next(3);
    await t.session.run("echo hand > /hand");
    const { id } = t.session.states().find((state) => state.current)!;
    await t.session.undo(2);
    // What is left beside the work is done when a session is left.
    await t.resume();
    await run("docker", ["system", "prune", "--all", "--force"], {
      env: { ...process.env, DOCKER_HOST: engine.endpoint.url },
    });
    await expectFiles(t, "one");
    await expect(t.session.goto(`s${id}`)).rejects.toMatchObject({ code: "STATE_GONE" });
    await expectFiles(t, "one");
    expect(await t.session.continue()).toBe("end");
    await expectFiles(t, "one two three");
  });

  test("a clock that is set back", async () => {
    await using t = await open();
    await t.session.next(2);
    await t.session.run("echo hand > /hand");
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2001-01-01") });
    try {
      await t.session.undo(1);
      await t.session.redo(1);
      await t.session.next(1);
      await t.resume();
      expect(await t.session.continue()).toBe("end");
      await expectFiles(t, "one two three hand");
      await t.session.goto("2");
      await expectFiles(t, "one");
    } finally {
      vi.useRealTimers();
    }
  });

  test("a full disk below the engine", async () => {
    const disk = join(folder, "small");
    await mkdir(disk);
    await run("mount", ["-t", "tmpfs", "-o", "size=700m", "tmpfs", disk]);
    const small = { env: { ...places.env, SLIPWAY_ENGINE_DIR: join(disk, "engine") }, home: folder };
    try {
      await using other = connectEngine(await startPrivateEngine(small));
      await loadImages(other, await saveImage(engine, base));
      await using t = await openTestSession(`FROM ${base}\nRUN echo one > /one\nRUN head -c 1G /dev/zero > /two\n`, {
        engine: other,
      });
      expect(await t.session.continue()).toBe("failure");
      expect(await t.outputOf(3)).toContain("No space left on device");
      await t.session.replace(3, "RUN echo two > /two");
      // Not even a container can be made before somebody makes room.
      await run("mount", ["-o", "remount,size=3g", disk]);
      expect(await t.session.continue()).toBe("end");
      await expectFiles(t, "one two");
    } finally {
      await stopPrivateEngine(small);
      await run("umount", [disk]);
    }
  });

  test("a full disk below its journal", async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    await run("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
    try {
      await using t = await open(disk);
      await t.session.next(2);
      // More than there is: the file takes what is left.
      await writeFile(join(disk, "full"), Buffer.alloc(1 << 20)).catch(() => {});
      const failed = t.session.continue().catch((error: unknown) => error);
      expect(await failed).toMatchObject({ code: "STATE_UNWRITABLE" });
      await rm(join(disk, "full"));
      expect(await t.session.continue()).toBe("end");
      await t.resume();
      await expectFiles(t, "one two three");
    } finally {
      await run("umount", [disk]);
    }
  });
});
