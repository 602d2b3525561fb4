import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { SessionEvent } from "../../src/session/events.ts";
import { observeSession } from "../../src/session/observe/observe.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";

const dockerfile = `FROM ${base}\nRUN echo first\nRUN echo second; echo more >&2\nENV A=1\nRUN echo third; exit 3\n`;

async function observe(t: TestSession) {
  const events: SessionEvent[] = [];
  const observer = await observeSession({
    id: t.session.id,
    stateDir: t.options.stateDir,
    onEvent: (event) => void events.push(event),
  });
  return { observer, events };
}

/** Output in one line, the rest by type and number. */
function printEvents(events: readonly SessionEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "output")
      return `output ${event.of}: ${Buffer.from(event.data).toString().trim().replaceAll("\n", "|")}`;
    if (event.type === "step-started") return `started ${event.step.number}`;
    if (event.type === "step-finished") return `finished ${event.step.number} ${event.step.status}`;
    if (event.type === "moved") return `moved s${event.state.id}`;
    if (event.type === "notice") return `notice ${event.message}`;
    if (event.type === "hand-finished") return `hand ${event.edit.command}`;
    return event.type;
  });
}

test("who watches sees what the session's own program sees", async () => {
  await using t = await openTestSession(dockerfile);
  await t.session.next(2);
  const { observer, events } = await observe(t);
  expect(printEvents(events)).toEqual(["opened"]);
  const views = () => [
    observer.steps().map((step) => step.status),
    observer.status().done,
    observer.states(),
    observer.environment(),
    observer.handEdits(),
    observer.text,
  ];
  const own = () => [
    t.session.steps().map((step) => step.status),
    t.session.status().done,
    t.session.states(),
    t.session.environment(),
    t.session.handEdits(),
    t.session.text,
  ];
  expect(views()).toEqual(own());
  await t.session.continue();
  await observer.refresh();
  expect(views()).toEqual(own());
  expect(await text(await observer.output(3))).toBe("second\nmore\n");
  await t.session.run("touch /by-hand");
  await t.session.replace(5, "RUN echo better");
  await t.session.undo(2);
  await observer.refresh();
  expect(views()).toEqual(own());
  expect(printEvents(events)).toEqual([
    "opened",
    "started 3",
    "output 3: second|more",
    "finished 3 done",
    "started 4",
    "finished 4 done",
    "started 5",
    "output 5: third",
    "finished 5 failed",
    "notice by hand: touch /by-hand",
    "hand touch /by-hand",
    "dockerfile-changed",
    "moved s5",
    "dockerfile-changed",
  ]);
});

test("nothing that changes something works, and nothing is written", async () => {
  await using t = await openTestSession(dockerfile);
  await t.session.next(2);
  const folder = join(t.options.stateDir, "sessions", t.session.id);
  const look = async () => {
    const names = (await readdir(folder, { recursive: true })).sort();
    return await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).mtimeMs]));
  };
  const before = await look();
  const journal = await readFile(join(folder, "journal.jsonl"));
  const { observer } = await observe(t);
  const refused = { code: "SESSION_READ_ONLY", hint: expect.stringContaining("--read-only") };
  await expect(observer.next(1)).rejects.toMatchObject(refused);
  await expect(observer.run("true")).rejects.toMatchObject(refused);
  await expect(observer.replace(2, "RUN x")).rejects.toMatchObject(refused);
  await expect(observer.undo(1)).rejects.toMatchObject(refused);
  await expect(observer.addBreakpoint("2")).rejects.toMatchObject(refused);
  await expect(observer.tag("x")).rejects.toMatchObject(refused);
  await expect(observer.close({ remove: true })).rejects.toMatchObject(refused);
  await observer.close({ remove: false });
  expect(await look()).toEqual(before);
  expect(await readFile(join(folder, "journal.jsonl"))).toEqual(journal);
  expect(await t.session.next(1)).toBe("step");
});

test("watching follows a step while it runs, and ends with the session", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN echo begins; while ! test -e /go; do sleep 0.05; done; echo ends\n`,
  );
  await t.session.next(1);
  const { observer, events } = await observe(t);
  const following = observer.watch({ until: undefined, launch: false, once: false }, new AbortController().signal);
  const interrupted = new AbortController();
  const running = t.session.next(1, interrupted.signal);
  await expect.poll(() => printEvents(events), { timeout: 30_000 }).toContain("output 2: begins");
  expect(observer.steps()[1]!.status).toBe("running");
  interrupted.abort();
  await running;
  await t.session.close({ remove: false });
  await expect
    .poll(() => printEvents(events).join("\n"), { timeout: 30_000 })
    .toContain("the program that had the session open has ended");
  await (await t.resume()).close({ remove: true });
  expect(await following).toBe("end");
  expect(printEvents(events).slice(-2)).toEqual(["notice the session was removed", "closed"]);
});
