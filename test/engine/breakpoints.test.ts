import { expect, test } from "vitest";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";

/** The last stop: its break point and what triggered it. */
function lastStop(t: TestSession) {
  const stop = t.events.findLast((event) => event.type === "stopped");
  return stop?.type === "stopped" ? { ...stop, ...stop.trigger } : undefined;
}

test("a break point stops after the step that changes, adds or removes a file", async () => {
  await using t = await openTestSession(
    `FROM ${base}
RUN echo other > /etc/other.conf
COPY app.conf /etc/app/
RUN echo more >> /etc/app/app.conf
RUN rm -r /etc/app
RUN true
`,
    { files: { "app.conf": "a\n" } },
  );
  await t.session.addBreakpoint("if-changed /etc/app");
  expect(await t.session.continue()).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ step: 3, change: { kind: "added", path: "/etc/app" }, breakpoint: { id: 1 } });
  expect(t.statuses()).toBe("done done done pending pending pending");
  expect(await t.session.continue()).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ step: 4, change: { kind: "changed", path: "/etc/app/app.conf" } });
  await t.session.addBreakpoint("if-removed /etc/app/*.conf");
  await t.session.removeBreakpoint(1);
  expect(await t.session.next(1)).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ breakpoint: { id: 2 }, change: { kind: "removed", path: "/etc/app" } });
  expect(await t.session.continue()).toBe("end");
});

test("a place and a size, a time, a printed line; they outlive the program", async () => {
  await using t = await openTestSession(
    `FROM ${base}
RUN head -c 3000000 /dev/zero > /three
COPY big /big
RUN head -c 4000000 /dev/zero > /four && (echo nope >&2; false) || true
RUN sleep 1
`,
    { files: { big: "x".repeat(2_000_000) } },
  );
  for (const condition of ["/four/ if-larger 2MB", "COPY if-larger 1MB", "if-slower 900ms", "if-prints /^nope$/"]) {
    await t.session.addBreakpoint(condition);
  }
  await t.session.until(1);
  expect(t.session.steps().map(({ breakpoint }) => breakpoint)).toEqual([false, false, true, true, false]);
  const session = await t.resume();
  expect(session.breakpoints()).toHaveLength(4);
  const found: unknown[] = [];
  while ((await session.continue()) === "breakpoint") found.push(lastStop(t));
  expect(found).toMatchObject([
    { breakpoint: { id: 2 }, trigger: { step: 3, size: 2_000_000 } },
    { breakpoint: { id: 1 }, trigger: { step: 4 } },
    { breakpoint: { id: 3 }, trigger: { step: 5, milliseconds: expect.any(Number) } },
  ]);
  await session.addBreakpoint("4 if-prints /^nope$/");
  await session.replace(4, "RUN echo nope; echo yes");
  await session.removeBreakpoint(1);
  expect(await session.continue()).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ breakpoint: { id: 4 }, trigger: { step: 4, line: "nope" } });
});

test("steps that the engine's builder or another container does are looked at too", async () => {
  await using t = await openTestSession(
    `FROM ${base}
RUN --mount=type=tmpfs,target=/scratch mkdir /opt/made && head -c 3000000 /dev/zero > /opt/made/file
RUN --network=none echo 127.0.0.2 > /opt/made/address
RUN true
`,
  );
  await t.session.addBreakpoint("if-exists /opt/**/fil?");
  await t.session.addBreakpoint("3 if-changed /opt/made");
  await t.session.addBreakpoint("2 if-larger 2MB");
  expect(await t.session.continue()).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ breakpoint: { id: 1 }, change: { kind: "added", path: "/opt/made/file" } });
  await t.session.removeBreakpoint(1);
  expect(await t.session.continue()).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ breakpoint: { id: 2 }, change: { kind: "added", path: "/opt/made/address" } });
  expect((await t.session.diff(2)).map(({ kind, path }) => `${kind} ${path}`)).toContain("added /opt/made/file");
  await t.session.replace(
    2,
    "RUN --mount=type=tmpfs,target=/s mkdir /opt/made && head -c 4000000 /dev/zero > /opt/made/file",
  );
  expect(await t.session.continue()).toBe("breakpoint");
  expect(lastStop(t)).toMatchObject({ breakpoint: { id: 3 }, trigger: { step: 2, size: 4_000_000 } });
});
