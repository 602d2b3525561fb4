import { rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SessionEvent, StopReason } from "../../src/session/events.ts";
import type { WatchOptions } from "../../src/session/types.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";

type Replayed = Extract<SessionEvent, { type: "replayed" }>;

interface Watched extends AsyncDisposable {
  /** The next event of a type that comes. */
  next<Type extends SessionEvent["type"]>(type: Type): Promise<Extract<SessionEvent, { type: Type }>>;
  leave(): Promise<StopReason>;
}

/** Watches beside the test; each event is given once. */
async function watch(t: TestSession, options: Partial<WatchOptions> = {}): Promise<Watched> {
  const waiting: SessionEvent[] = [];
  let wake = () => {};
  t.session.onEvent((event) => {
    waiting.push(event);
    wake();
  });
  const leaving = new AbortController();
  const ended = t.session.watch({ until: undefined, launch: false, once: false, ...options }, leaving.signal);
  let failure: unknown;
  ended.catch((error) => {
    failure = error;
    wake();
  });
  return {
    async next<Type extends SessionEvent["type"]>(type: Type) {
      for (;;) {
        const index = waiting.findIndex((event) => event.type === type);
        if (index >= 0) return waiting.splice(0, index + 1).at(-1) as Extract<SessionEvent, { type: Type }>;
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async leave() {
      leaving.abort();
      return await ended;
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await ended.catch(() => {});
    },
  };
}

async function outputs(watched: Watched, text: string): Promise<void> {
  let printed = "";
  while (!printed.includes(text)) printed += Buffer.from((await watched.next("output")).data).toString();
}

const server = `FROM ${base}
RUN echo before > /before
COPY app/ /app/
RUN cat /app/greeting > /copied
CMD ["sh", "-c", "echo serving $(cat /copied) && exec sleep 1000"]
`;

test("a saved file makes its COPY and what comes after it run, and the application start again", async () => {
  await using t = await openTestSession(server, {
    files: { "app/greeting": "one\n", "notes/todo.txt": "x", ".dockerignore": "notes\n" },
  });
  await using watched = await watch(t, { launch: true });
  await outputs(watched, "serving one");
  expect((await watched.next("watching")).folders).toBe(2);
  await t.write("notes/todo.txt", "ignored files make nothing run");
  await t.write("app/greeting", "two\n");
  expect((await watched.next("files-changed")).paths).toEqual(["app/greeting"]);
  await outputs(watched, "serving two");
  const { reason, application } = await watched.next("replayed");
  expect(reason).toBe("end");
  expect(application?.command.slice(0, 2)).toEqual(["sh", "-c"]);
  expect(application?.addresses).toHaveLength(1);
  await t.write("app/greeting", "three\n");
  await outputs(watched, "serving three");
  expect((await watched.next("replayed")).ran).toEqual([3, 4, 5]);
  await watched.leave();
  expect(t.session.status().application).toContain("serving");
});

test("a Dockerfile that an editor replaces runs from the changed step on; a new CMD only starts the application again", async () => {
  await using t = await openTestSession(server, { files: { "app/greeting": "one\n" } });
  await t.session.continue();
  await t.session.launch({ command: [], detach: true });
  await using watched = await watch(t);
  await watched.next("watching");
  const save = async (text: string) => {
    await t.write(".Dockerfile.swp", text);
    await rename(join(t.folder, ".Dockerfile.swp"), join(t.folder, "Dockerfile"));
  };
  const changed = server.replace("RUN cat /app/greeting >", "RUN echo a new >");
  await save(changed);
  await outputs(watched, "serving a new");
  expect((await watched.next("replayed")).ran.slice(-2)).toEqual([4, 5]);
  await save(changed.replace("echo serving", "echo now serving"));
  await outputs(watched, "now serving a new");
  expect((await watched.next("replayed")).ran).toEqual([]);
});

test("what the application leaves is not kept; what is done by hand beside it is", async () => {
  await using t = await openTestSession(server, { files: { "app/greeting": "one\n" } });
  await using watched = await watch(t, { launch: true });
  await watched.next("watching");
  const images = async () => t.events.filter((event) => event.type === "checkpoint").length;
  await t.write("app/greeting", "two\n");
  await outputs(watched, "serving two");
  await watched.next("replayed");
  const before = await images();
  for (const word of ["three", "four"]) {
    await t.write("app/greeting", `${word}\n`);
    await outputs(watched, `serving ${word}`);
    await watched.next("replayed");
  }
  expect(await images()).toBe(before);
  await watched.leave();
  expect(t.session.handEdits()).toEqual([]);
  expect(await t.session.run("echo mine > /mine")).toBe(0);
  await t.session.replace(5, "LABEL a=b");
  await t.session.continue();
  expect(await t.session.run("grep mine /mine && grep four /copied")).toBe(0);
});

test("a state of files that are others now, and that no image holds, can't be gone back to", async () => {
  await using t = await openTestSession(server, { files: { "app/greeting": "one\n" } });
  await t.session.continue();
  await using watched = await watch(t, { launch: true });
  for (const word of ["two", "three"]) {
    await watched.next(word === "two" ? "watching" : "replayed");
    await t.write("app/greeting", `${word}\n`);
    await outputs(watched, `serving ${word}`);
  }
  await watched.next("replayed");
  await watched.leave();
  const two = t.session.states().findLast((state) => state.label.startsWith("CMD") && !state.current)!;
  await expect(t.session.goto(`s${two.id}`)).rejects.toMatchObject({
    code: "STATE_GONE",
    message: expect.stringContaining("took other files than there are now"),
  });
});

test("a step that fails waits for the next save", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY check /check\nRUN sh /check\n`, {
    files: { check: "exit 0\n" },
  });
  await using watched = await watch(t);
  await watched.next("watching");
  await t.write("check", "echo broken; exit 4\n");
  await outputs(watched, "broken");
  expect((await watched.next("replayed")).reason).toBe("failure");
  await t.write("check", "exit 0\n");
  expect((await watched.next("replayed")).reason).toBe("end");
});

test("replays no further than the session stood, also when the step moved", async () => {
  const steps = `FROM ${base}\nRUN echo 1 > /1\nRUN echo 2 > /2\nRUN echo 3 > /3\n`;
  await using t = await openTestSession(steps);
  await t.session.until(3);
  await using watched = await watch(t);
  expect((await watched.next("watching")).until).toBe(3);
  await t.write("Dockerfile", steps.replace("RUN echo 1 > /1", "ENV A=1\nRUN echo 1 > /1"));
  expect(await watched.next("replayed")).toMatchObject({ ran: [2, 3, 4], reason: "until" });
  await watched.leave();
  expect(t.statuses()).toBe("done done done done pending");
});

test("a save that makes the running step pointless starts over at once", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY seconds /seconds\nRUN sleep $(cat /seconds)\n`, {
    files: { seconds: "0\n" },
  });
  await using watched = await watch(t);
  await watched.next("watching");
  await t.write("seconds", "1000\n");
  while ((await watched.next("step-started")).step.number !== 3);
  await t.write("seconds", "0\n");
  expect((await watched.next("stopped")).reason).toBe("interrupted");
  expect(await watched.next("replayed")).toMatchObject({ ran: [2, 3], reason: "end" });
});

test("a save that comes while a step runs, and is not its matter, is taken after it", async () => {
  const steps = `FROM ${base}\nCOPY go /go\nRUN while ! test -e /tmp/go; do sleep 0.1; cp /go /tmp/go; done\nRUN echo last\n`;
  await using t = await openTestSession(steps, { files: { go: "1\n" } });
  await using watched = await watch(t);
  await watched.next("watching");
  await t.write("Dockerfile", steps.replace("sleep 0.1", "sleep 1"));
  while ((await watched.next("step-started")).step.number !== 3);
  await t.write("Dockerfile", steps.replace("sleep 0.1", "sleep 1").replace("echo last", "echo very last"));
  const first: Replayed = await watched.next("replayed");
  expect(first).toMatchObject({ reason: "end" });
  expect(first.ran.slice(-2)).toEqual([3, 4]);
  expect(await watched.next("replayed")).toMatchObject({ ran: expect.not.arrayContaining([1]), reason: "end" });
  expect(t.session.text).toContain("very last");
});

test("folders that come, move and go are watched as they are", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY src /src\n`, { files: { "src/a": "1" } });
  await using watched = await watch(t);
  await watched.next("watching");
  await t.write("src/new/deep/b", "2");
  await watched.next("replayed");
  await t.write("src/new/deep/b", "3");
  expect((await watched.next("files-changed")).paths).toContain("src/new/deep/b");
  await watched.next("replayed");
  await rename(join(t.folder, "src/new"), join(t.folder, "src/moved"));
  await watched.next("replayed");
  await t.write("src/moved/deep/b", "4");
  expect((await watched.next("files-changed")).paths).toEqual(["src/moved/deep/b"]);
  await watched.next("replayed");
  await rm(join(t.folder, "src/moved"), { recursive: true });
  await watched.next("replayed");
  await watched.leave();
  expect(await t.session.run("test -e /src/a && test ! -e /src/moved && test ! -e /src/new")).toBe(0);
});

test("a change of the ignore file counts, and changes what is watched", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY . /all\n`, {
    files: { "kept/a": "1", "left/b": "1", ".dockerignore": "left\n" },
  });
  await using watched = await watch(t);
  expect((await watched.next("watching")).folders).toBe(2);
  await t.write(".dockerignore", "kept\n");
  expect((await watched.next("replayed")).ran).toEqual([2]);
  await t.write("left/b", "2");
  expect((await watched.next("files-changed")).paths).toEqual(["left/b"]);
  await watched.next("replayed");
  await watched.leave();
  expect(await t.session.run("grep 2 /all/left/b && test ! -e /all/kept")).toBe(0);
});

test("--once ends after the first save that matters", async () => {
  await using t = await openTestSession(`FROM ${base}\nCOPY app /app\nRUN exit $(cat /app)\n`, {
    files: { app: "0\n", other: "x" },
  });
  const signal = new AbortController().signal;
  const ended = t.session.watch({ until: undefined, launch: false, once: true }, signal);
  await new Promise<void>((resolve) =>
    t.session.onEvent((event) => {
      if (event.type === "watching") resolve();
    }),
  );
  await t.write("other", "y");
  await t.write("app", "6\n");
  expect(await ended).toBe("failure");
  await expect(t.session.watch({ until: 9, launch: false, once: true }, signal)).rejects.toMatchObject({
    code: "STEP_UNKNOWN",
  });
});

test("files count that a wildcard matches, a link leads to, or a RUN mounts", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nCOPY *.conf current /etc/app/\nRUN --mount=type=bind,source=seed,target=/seed cp /seed/a /a\n`,
    { files: { "a.conf": "1", "versions/one": "1", "versions/two": "1", "seed/a": "1", "README.md": "1" } },
  );
  await symlink("versions/one", join(t.folder, "current"));
  await t.session.continue();
  const due = async (path: string) => {
    await t.write(path, "changed");
    t.events.length = 0;
    await t.session.continue();
    return t.events.flatMap((event) => (event.type === "step-finished" ? [event.step.number] : []));
  };
  expect(await due("README.md")).toEqual([]);
  expect(await due("versions/two")).toEqual([]);
  expect((await due("versions/one")).slice(-2)).toEqual([2, 3]);
  expect((await due("seed/a")).slice(-1)).toEqual([3]);
  expect((await due("b.conf")).slice(-2)).toEqual([2, 3]);
  expect(await t.session.run("grep changed /a /etc/app/current /etc/app/b.conf")).toBe(0);
});
