import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BuildEvent } from "../../src/build/build-events.ts";
import type { BuildOptions } from "../../src/build/build-options.ts";
import { inspectImage, listImages, removeImage } from "../../src/engine/images.ts";
import { emptyRunSettings } from "../../src/project/run-settings.ts";
import { buildFromSession } from "../../src/session/cache/build-from-session.ts";
import { rebuildOptions } from "../../src/session/images/rebuild.ts";
import { compareImages } from "../equality/compare-images.ts";
import { docker } from "../equality/docker.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";
import { outputOf, runProgram } from "./build-fixture.ts";
import { testEngine, uniqueName } from "./fixture.ts";

const host = process.env.DOCKER_HOST!;
const engine = testEngine();
const tags: string[] = [];
let stateHome: string;

beforeAll(async () => {
  stateHome = await mkdtemp(join(tmpdir(), "slipway-cache-"));
});
afterAll(async () => {
  for (const tag of tags) await removeImage(engine, tag, { force: false });
  await engine[Symbol.asyncDispose]();
  await rm(stateHome, { recursive: true, force: true });
});

function newTag(what: string): string {
  const tag = `${uniqueName(what)}:1`;
  tags.push(tag);
  return tag;
}

/** What a plain build of the same folder makes. */
async function buildPlain(t: TestSession, ...args: string[]): Promise<string> {
  const tag = newTag("plain");
  await docker(host, ["build", "--quiet", "--tag", tag, ...args, t.folder]);
  return tag;
}

/** Builds with what the session holds; says what was told of it and which steps the builder did. */
async function buildWith(t: TestSession, overrides: Partial<BuildOptions> = {}) {
  const tag = newTag("built");
  const events: BuildEvent[] = [];
  const options = { ...rebuildOptions(t), target: t.options.target, tags: [tag], ...overrides };
  const { id } = t.session;
  const cache = { stateDir: t.options.stateDir, id, listener: (event: BuildEvent) => void events.push(event) };
  const failure = await buildFromSession(engine, options, cache).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (failure !== undefined) tags.splice(tags.indexOf(tag), 1);
  const told = events.flatMap((event) => (event.type === "notice" ? [event.message] : [])).join("\n");
  const steps = events.flatMap((event) => (event.type === "step" && event.state === "done" ? [event.name] : []));
  return { tag, failure, told, ran: steps.filter((name) => /\] (RUN|COPY|ADD|WORKDIR)/.test(name)) };
}

const NOTHING = "nothing: it holds no step as this build asks for it";
const uuid = "cat /proc/sys/kernel/random/uuid";

test("finish --cache takes what the session did, and asks no builder", async () => {
  await using t = await openTestSession(
    `FROM ${base}\nARG WHO=me\nENV NAME=$WHO\nRUN echo $NAME > /name\nCOPY file /srv/\nWORKDIR /work\nVOLUME /data\nCMD ["cat", "/name"]\n`,
    { files: { file: "content\n" }, labels: { made: "here" } },
  );
  await t.session.continue();
  const tag = newTag("finished");
  await t.session.finish({ tag, run: false, noCache: false });
  expect(t.events.filter(({ type }) => type === "build-step")).toEqual([]);
  expect(t.events).toContainEqual(
    expect.objectContaining({ type: "notice", message: `from the session ${t.session.id}: steps 1–8` }),
  );
  expect(await compareImages(host, await buildPlain(t, "--label", "made=here"), tag)).toEqual([]);
});

test("finish without --cache runs everything again", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN ${uuid} > /uuid\n`);
  await t.session.continue();
  const [done, finished] = [newTag("done"), newTag("finished")];
  await t.session.tag(done);
  await t.session.finish({ tag: finished, run: false, noCache: true });
  expect(await outputOf(engine, finished, "cat /uuid")).not.toBe(await outputOf(engine, done, "cat /uuid"));
});

test("a build goes on from the step to which a session came", async () => {
  await using t = await openTestSession(
    [
      `FROM ${base} AS tools`,
      "ARG LEVEL=3",
      "RUN echo tool $LEVEL > /tool",
      `FROM ${base}`,
      "# Things that an image does not say of itself",
      'ARG WHO="it\'s me"',
      "ENV TWICE=${WHO}${WHO}",
      'ARG HALF="$TWICE"',
      "ENV TWICE=changed",
      'CMD ["kept"]',
      "ONBUILD RUN false",
      'SHELL ["/bin/bash", \\',
      '  "-c"]',
      "COPY --from=tools /tool /tool",
      "USER daemon",
      "WORKDIR /work/$LEVEL",
      'RUN echo "$WHO" "$HALF" "$TWICE" > /tmp/who',
      'RUN echo "$WHO" "$HALF" "$TWICE" $0 $(id -un) >> /tmp/who',
      "COPY file .",
      'ENTRYPOINT ["echo"]',
      "",
    ].join("\n"),
    { files: { file: "content\n" } },
  );
  await t.session.until(15);
  const { id } = t.session;
  await t.session.close({ remove: false });
  const built = await buildWith(t);
  expect(built.told).toBe(`from the session ${id}: steps 4–15`);
  expect(built.ran).toEqual([expect.stringContaining("RUN echo"), expect.stringContaining("COPY file")]);
  expect(await compareImages(host, await buildPlain(t), built.tag)).toEqual([]);
  await t.resume();
});

test("a stage that a session finished serves the stages that copy from it", async () => {
  await using t = await openTestSession(
    `FROM ${base} AS one\nCOPY a /a\nRUN ${uuid} > /uuid\nFROM one AS two\nRUN true\nFROM ${base}\nCOPY --from=two /uuid /a /\nRUN echo more >> /a\n`,
    { files: { a: "1\n" } },
  );
  await t.session.until(7);
  const [seen] = [newTag("seen")];
  await t.session.tag(seen);
  const built = await buildWith(t);
  expect(built.ran).toHaveLength(1);
  expect(await outputOf(engine, built.tag, "cat /uuid /a")).toBe(
    `${await outputOf(engine, seen, "cat /uuid /a")}more\n`,
  );
  await t.write("a", "changed\n");
  expect((await buildWith(t)).told).toContain("nothing");
});

/** A session on three steps, with an image of the state after the second. */
async function openSession(third = "COPY file /file"): Promise<TestSession> {
  const t = await openTestSession(`FROM ${base}\nRUN ${uuid} > /one\n${third}\n`, { files: { file: "content\n" } });
  await t.session.until(2);
  await t.session.tag(newTag("second"));
  await t.session.continue();
  return t;
}

test.each<[string, string, (t: TestSession) => Promise<unknown>]>([
  ["all three steps", "steps 1–3", async () => {}],
  ["after a look around", "steps 1–3", (t) => t.session.run("ls")],
  ["before a hand edit", "steps 1–3", (t) => t.session.run("touch /by-hand")],
  ["after a file changed", "steps 1–2", (t) => t.write("file", "other content\n")],
  ["for another text", "nothing", (t) => t.write("Dockerfile", `FROM ${base}\nRUN echo other\n`)],
])("what a session gives: %s", async (_, taken, change) => {
  await using t = await openSession();
  await change(t);
  await t.session.close({ remove: false });
  expect((await buildWith(t)).told).toBe(`from the session ${t.session.id}: ${taken}`.replace("nothing", NOTHING));
  await t.resume();
});

test("what ran on a hand edit is never part of a build", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN ${uuid} > /one\nRUN ls / > /list\n`);
  await t.session.until(2);
  await t.session.run("touch /by-hand");
  await t.session.continue();
  const finished = newTag("finished");
  await t.session.finish({ tag: finished, run: false, noCache: false });
  expect(t.events).toContainEqual(
    expect.objectContaining({ type: "notice", message: `from the session ${t.session.id}: steps 1–2` }),
  );
  expect(await outputOf(engine, finished, "cat /list; ls /")).not.toContain("by-hand");
});

test("what a failed step left is never part of a build", async () => {
  await using t = await openSession("RUN test -e /left || { touch /left; false; }");
  expect(await t.session.retry({ dirty: true })).toBe("step");
  await t.session.close({ remove: false });
  expect(await buildWith(t)).toMatchObject({ failure: expect.stringContaining("exit code: 1") });
  await t.resume();
});

test.each<[string, Partial<BuildOptions>, string]>([
  ["another network", { network: "none" }, "another --network"],
  ["other hosts", { addHosts: ["db:10.0.0.3"] }, "other hosts"],
  ["--pull", { pull: true }, "--pull may bring"],
  ["--no-cache-filter", { noCacheFilter: ["0"] }, NOTHING],
])("takes nothing with %s", async (_, options, why) => {
  await using t = await openSession();
  await t.session.close({ remove: false });
  expect((await buildWith(t, options)).told).toContain(why);
  await t.resume();
});

test("volumes of a session's container are not in a build", async () => {
  const runSettings = { volumes: [{ source: tmpdir(), target: "/mnt", readOnly: true, type: "bind" as const }] };
  await using t = await openTestSession(`FROM ${base}\nRUN ls /mnt > /list\n`, {
    runSettings: { ...emptyRunSettings, ...runSettings },
  });
  await t.session.continue();
  await t.session.close({ remove: false });
  expect((await buildWith(t)).told).toContain("settings that no build has");
  await t.resume();
});

test("while a session is open, what it keeps as an image counts", async () => {
  await using t = await openSession();
  const { told } = await buildWith(t);
  expect(told).toContain("steps 1–2");
});

test("slipway build finds the newest session of its Dockerfile, and leaves nothing but the image", async () => {
  await using t = await openTestSession(`FROM ${base}\nRUN ${uuid} > /one\nRUN echo two > /two\n`, {
    stateDir: join(stateHome, "slipway"),
  });
  await t.session.until(2);
  await t.session.close({ remove: false });
  const before = new Set((await listImages(engine, { all: true })).map(({ id }) => id));
  const tag = newTag("program");
  const words = ["build", "--cache-from", "type=session", "-t", tag, "."];
  const run = await runProgram(words, { cwd: t.folder, env: { XDG_STATE_HOME: stateHome } });
  expect(run).toMatchObject({ exitCode: 0 });
  expect(run.stderr).toContain(`from the session ${t.session.id}: steps 1–2`);
  const { layers } = (await inspectImage(engine, tag))!;
  const fresh = (await listImages(engine, { all: true })).filter(({ id }) => !before.has(id));
  const details = await Promise.all(fresh.map(({ id }) => inspectImage(engine, id)));
  // Others build on this engine too.
  const left = details.filter((image) => image && layers.slice(0, 2).every((layer) => image.layers.includes(layer)));
  expect(left.flatMap((image) => image!.tags)).toEqual([tag]);
  const other = await runProgram(["build", "--cache-from", "type=session,id=none", "."], { cwd: t.folder });
  expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is no session none") });
  const both = await runProgram([...words, "--no-cache"], { cwd: t.folder });
  expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--no-cache") });
  await t.resume();
});
