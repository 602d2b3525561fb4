import { expect, test } from "vitest";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";

/** What the files of the session say about where it stands. */
async function content(t: TestSession): Promise<string> {
  await t.session.run("cat /one /two /three /by-hand 2>/dev/null | tr '\\n' ' '; echo");
  const outputs = t.events.flatMap((event) => (event.type === "output" && event.hand ? [event] : []));
  const { of } = outputs.at(-1)!;
  const text = outputs
    .filter((event) => event.of === of)
    .map(({ data }) => Buffer.from(data).toString())
    .join("");
  return text.trim();
}

/** Nothing that is run again gives the same: only what was kept is right. */
const dice = `FROM ${base}
RUN echo one > /one; cat /proc/sys/kernel/random/uuid >> /one
RUN echo two > /two; cat /proc/sys/kernel/random/uuid >> /two
RUN echo three > /three; cat /proc/sys/kernel/random/uuid >> /three
`;

test("undo and redo give exactly what a person saw", async () => {
  await using t = await openTestSession(dice);
  const seen: string[] = [];
  for (let step = 1; step <= 4; step++) {
    await t.session.next(1);
    seen.push(await content(t));
  }
  for (let step = 3; step >= 1; step--) {
    await t.session.undo(1);
    expect(await content(t)).toBe(seen[step - 1]);
  }
  expect(t.statuses()).toBe("done stale stale stale");
  await t.session.redo(3);
  expect(await content(t)).toBe(seen[3]);
  expect(t.statuses()).toBe("done done done done");
  await t.session.goto("2");
  expect(await content(t)).toBe(seen[1]);
});

test("what was done by hand and edited is a state like any other", async () => {
  await using t = await openTestSession(dice);
  await t.session.next(2);
  await t.session.run("echo by-hand > /by-hand");
  const withHand = t.session.states().findLast((state) => state.current)!;
  await t.session.replace(3, "RUN echo else > /two");
  await t.session.continue();
  expect(await content(t)).toMatch(/^one \S+ else three/);
  await t.session.goto(`s${withHand.id}`);
  expect(t.session.text).toBe(dice);
  expect(await content(t)).toMatch(/^one \S+ by-hand$/);
  expect(t.session.handEdits().map(({ command }) => command)).toEqual(["echo by-hand > /by-hand"]);
  await t.session.undo(1);
  expect(await content(t)).toMatch(/^one \S+$/);
  expect(t.session.handEdits()).toEqual([]);
});

test("states are a tree, and say which of them images hold", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN echo a\nRUN echo b\n`);
  await t.session.continue();
  await t.session.undo(1);
  await t.session.run("touch /x");
  const states = t.session.states().map(({ id, parent, kind, step }) => ({ id, parent, kind, step }));
  expect(states).toEqual([
    { id: 0, parent: undefined, kind: "begin", step: undefined },
    { id: 1, parent: 0, kind: "step", step: 1 },
    { id: 2, parent: 1, kind: "step", step: 2 },
    { id: 3, parent: 2, kind: "step", step: 3 },
    { id: 4, parent: 2, kind: "hand", step: 2 },
  ]);
  expect(
    t.session
      .states()
      .filter((state) => state.image === undefined)
      .map(({ id }) => id),
  ).toEqual([0, 4]);
});

test("undo goes back over failures and stages, to the beginning", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS a\nRUN echo a > /a\nFROM ${base}\nCOPY --from=a /a /b\nRUN false\n`,
  );
  expect(await t.session.continue()).toBe("failure");
  await t.session.undo(1);
  expect(t.statuses()).toBe("done done done done stale");
  await t.session.undo(2);
  expect(t.statuses()).toBe("done done stale stale stale");
  expect(await t.session.run("grep a /a")).toBe(0);
  await t.session.undo(2);
  expect(t.statuses()).toBe("stale stale stale stale stale");
  await expect(t.session.undo(1)).rejects.toMatchObject({ code: "NOTHING_TO_UNDO" });
  await t.session.redo(5);
  await expect(t.session.redo(9)).rejects.toMatchObject({ code: "NOTHING_TO_REDO" });
  await expect(t.session.goto("s99")).rejects.toMatchObject({ code: "STATE_UNKNOWN" });
});

test("a step that is put back is taken from the image that held it, and done anew when that is asked for", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nRUN echo a > /a\nRUN sleep 3; cat /proc/sys/kernel/random/uuid > /id\n`,
  );
  await t.session.continue();
  await t.session.run("cat /id");
  const id = async () => {
    await t.session.run("cat /id");
    const output = t.events.findLast((event) => event.type === "output");
    return output?.type === "output" ? Buffer.from(output.data).toString() : undefined;
  };
  const first = await id();
  await t.session.replace(3, "RUN echo other > /id");
  await t.session.continue();
  await t.session.replace(3, "RUN sleep 3; cat /proc/sys/kernel/random/uuid > /id");
  expect(await t.session.continue()).toBe("end");
  expect(t.events.findLast((event) => event.type === "taken")).toMatchObject({ steps: [3] });
  expect(await id()).toBe(first);
  expect(await t.session.retry({ dirty: false })).toBe("end");
  expect(await id()).not.toBe(first);
});
