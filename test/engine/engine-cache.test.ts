import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { inspectImage, removeImage } from "../../src/engine/images.ts";
import { compareImages } from "../equality/compare-images.ts";
import { docker } from "../equality/docker.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";
import { outputOf } from "./build-fixture.ts";
import { uniqueName } from "./fixture.ts";

const host = process.env.DOCKER_HOST!;

/** A session on a Dockerfile that BuildKit has built; its second RUN took four seconds. */
async function openBuilt(id: string, more = ""): Promise<TestSession & { readonly tag: string }> {
  const t = await openTestSession(
    `FROM ${base}\nARG WHO=me\nRUN echo ${id} $WHO > /id; cat /proc/sys/kernel/random/uuid > /uuid\nCOPY file /file\nVOLUME /data\nRUN sleep 4; mkdir /data; echo done > /data/done\nENV LATER=1\n`,
    { files: { file: "content\n" }, noCache: false },
  );
  const tag = `${uniqueName("cached")}:1`;
  await docker(host, ["build", "--quiet", "--tag", tag, t.folder]);
  if (more !== "") await t.session.replaceText(t.session.text + more);
  return Object.assign(t, { tag });
}

const cachedSteps = (t: TestSession) => t.session.steps().flatMap((step) => (step.cached ? [step.number] : []));

test("steps that took long come from BuildKit's cache, and the rest is run on them", async () => {
  await using t = await openBuilt(randomUUID(), "RUN cat /id /file /data/done > /all\n");
  const tag = `${uniqueName("session")}:1`;
  try {
    expect(await t.session.continue()).toBe("end");
    expect(cachedSteps(t)).toEqual([2, 3, 4, 5, 6]);
    await t.session.tag(tag);
    expect(await outputOf(t.engine, tag, "cat /uuid")).toBe(await outputOf(t.engine, t.tag, "cat /uuid"));
    await t.write("Dockerfile", t.session.text);
    await docker(host, ["build", "--quiet", "--tag", t.tag, t.folder]);
    expect(await compareImages(host, t.tag, tag)).toEqual([]);
    // Going back into them runs them.
    await t.session.goto("2");
    await t.session.next(1);
    expect(t.session.steps()[2]!.cached).toBeUndefined();
    expect(await t.session.run(`test "$(cat /uuid)" != ${(await outputOf(t.engine, tag, "cat /uuid")).trim()}`)).toBe(
      0,
    );
  } finally {
    for (const name of [tag, t.tag]) await removeImage(t.engine, name, { force: false });
  }
});

test("an image of the user's own with the same steps stays when the session goes", async () => {
  const t = await openBuilt(randomUUID());
  try {
    await t.session.until(6);
    expect(cachedSteps(t)).toEqual([2, 3, 4, 5, 6]);
    await t.session.close({ remove: true });
    expect(await inspectImage(t.engine, t.tag)).toBeDefined();
  } finally {
    await removeImage(t.engine, t.tag, { force: false });
    await t[Symbol.asyncDispose]();
  }
});

test("what the cache does not hold after all is run once, in the session", async () => {
  await using t = await openBuilt(randomUUID());
  try {
    // The records say nothing of the environment: here they are misleading.
    await t.session.replaceText(t.session.text.replace("WHO=me", "WHO=you").replace("uuid > /uuid", "uuid >> /uuid"));
    await t.session.replaceText(t.session.text.replace("uuid >> /uuid", "uuid > /uuid"));
    expect(await t.session.continue()).toBe("end");
    expect(t.events.some((event) => event.type === "progress" && event.message.includes("build cache"))).toBe(true);
    expect(cachedSteps(t)).toEqual([]);
    expect(await t.session.run("grep -q you /id")).toBe(0);
  } finally {
    await removeImage(t.engine, t.tag, { force: false });
  }
});

test("stepping, break points and --no-cache", async () => {
  await using t = await openBuilt(randomUUID());
  try {
    await t.session.addBreakpoint("COPY");
    expect(await t.session.continue()).toBe("breakpoint");
    expect(cachedSteps(t)).toEqual([]);
    await t.session.next(1);
    expect(cachedSteps(t)).toEqual([]);
  } finally {
    await removeImage(t.engine, t.tag, { force: false });
  }
});

test("going back into steps that came from the cache gets what took long from there again", async () => {
  const lines = [
    `FROM ${base}`,
    `RUN echo ${randomUUID()} > /id`,
    "RUN sleep 4; cat /proc/sys/kernel/random/uuid > /uuid",
    "RUN echo last > /last",
  ];
  await using t = await openTestSession(`${lines.join("\n")}\n`, { noCache: false });
  const [built, tagged] = ["cached", "session"].map((name) => `${uniqueName(name)}:1`) as [string, string];
  try {
    await docker(host, ["build", "--quiet", "--tag", built, t.folder]);
    expect(await t.session.continue()).toBe("end");
    expect(cachedSteps(t)).toEqual([2, 3, 4]);
    await t.session.replace(4, "RUN test -f /uuid; echo other > /last");
    expect(await t.session.continue()).toBe("end");
    await t.session.tag(tagged);
    expect(await outputOf(t.engine, tagged, "cat /uuid")).toBe(await outputOf(t.engine, built, "cat /uuid"));
    expect(await outputOf(t.engine, tagged, "cat /last")).toBe("other\n");
  } finally {
    for (const name of [built, tagged]) await removeImage(t.engine, name, { force: false });
  }
});
