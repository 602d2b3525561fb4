import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectImage, listImages, pullImage, removeImage } from "../../src/engine/images.ts";
import { makeArm64Image, skipsArm64 } from "../engines/arm64-image.ts";
import { startRegistry, type TestRegistry } from "../engines/registry.ts";
import { base, openTestSession, type TestSession } from "../session-fixture.ts";
import { testEngine, uniqueName } from "./fixture.ts";

const arm64 = { os: "linux", architecture: "arm64", variant: undefined };
const engine = testEngine();
let image: { readonly name: string } & AsyncDisposable;
beforeAll(async () => {
  image = await makeArm64Image(engine);
});
afterAll(async () => {
  await image[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

/** What the last failed step said. */
function failureOf(t: TestSession): string {
  const finished = t.events.findLast((event) => event.type === "step-finished");
  return finished?.message ?? "";
}

describe.skipIf(skipsArm64)("a session for linux/arm64", () => {
  test("runs steps and commands by hand, tells changes, goes back, and is taken up again", async () => {
    const dockerfile = `FROM ${image.name}\nRUN uname -m > /step\nRUN test -e /by-hand\nRUN sleep 100 & uname -m\n`;
    await using t = await openTestSession(dockerfile, { platform: arm64 });
    expect(await t.session.continue()).toBe("failure");
    expect(await t.session.run("uname -m > /by-hand")).toBe(0);
    const { changes } = t.session.handEdits()[0]!;
    expect(changes.map(({ path }) => path)).toContain("/by-hand");
    expect(await t.session.diffContent(undefined, "/by-hand")).toContain("+aarch64");
    await t.session.adopt((await t.session.adoptable()).suggested);
    expect(await t.session.continue()).toBe("end");
    expect(await t.outputOf(5)).toBe("aarch64\n");
    const left = t.events.flatMap((event) => (event.type === "left-behind" ? event.processes : []));
    expect(left.map(({ command }) => command)).toEqual([expect.stringContaining("sleep 100")]);
    await t.session.replaceText(dockerfile.replace("/step", "/other"));
    await t.resume();
    expect(await t.session.run("test ! -e /by-hand || uname -m")).toBe(0);
  });

  test("runs the stages of each platform on images of it", async () => {
    await using t = await openTestSession(
      `FROM --platform=$BUILDPLATFORM ${base} AS native\nRUN uname -m > /native\n` +
        `FROM ${image.name}\nCOPY --from=native /native /\nCOPY --from=${image.name} /bin/busybox /busybox2\nRUN cat /native; /busybox2 uname -m\n`,
      { platform: arm64 },
    );
    expect(await t.session.continue()).toBe("end");
    expect(await t.outputOf(6)).toBe(`${process.arch === "arm64" ? "aarch64" : "x86_64"}\naarch64\n`);
  });
});

test("an image for another platform than the wanted one is not taken", async () => {
  await using t = await openTestSession(`FROM scratch AS first\nFROM ${image.name}\n`, {
    platform: { os: "linux", architecture: "riscv64", variant: undefined },
  });
  expect(await t.session.continue()).toBe("failure");
  expect(failureOf(t)).toContain(
    `Dockerfile:2: the image ${image.name} is on the engine for linux/arm64/v8 only, and for linux/riscv64 it can't be pulled`,
  );
  expect(failureOf(t)).toContain("hint: build for the platform that it has");
});

test("where the engine's machine runs no programs of a platform, that is what the step says; COPY works", async () => {
  // An ELF header for a processor that nobody has.
  const program = Buffer.alloc(64);
  readFileSync(process.execPath).copy(program, 0, 0, 64);
  program.writeUInt16LE(0xfeed, 18);
  await using t = await openTestSession("FROM scratch\nCOPY --chmod=755 program /bin/sh\nRUN true\n", {
    platform: { os: "linux", architecture: "mips64le", variant: undefined },
  });
  await t.write("program", program as unknown as string, 0o755);
  expect(await t.session.continue()).toBe("failure");
  expect(t.statuses()).toBe("done done failed");
  expect(failureOf(t)).toContain(
    "exec /bin/sh: exec format error: programs for linux/mips64le don't run on the engine's",
  );
  expect(failureOf(t)).toContain("qemu-user-static");
});

// dockerd speaks plain HTTP with registries of its own machine only.
describe.runIf(engine.endpoint.kind === "unix")("from a registry", () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  test("an image of the wanted platform comes, the name stays with the one that has it, and resuming asks for none", async () => {
    const reference = await registry.offer(uniqueName("both"), ["amd64", "arm64", "riscv64"]);
    const repository = reference.replace(/:latest$/, "@");
    await pullImage(engine, reference, { platform: { ...arm64, architecture: "amd64" } });
    const before = (await inspectImage(engine, reference))!;
    await using t = await openTestSession(`FROM ${reference}\nCOPY --from=${reference} /architecture /copied\n`, {
      platform: { ...arm64, architecture: "riscv64" },
    });
    try {
      expect([await t.session.continue(), failureOf(t)]).toEqual(["end", ""]);
      expect(await t.session.diffContent(2, "/copied")).toContain("+riscv64");
      const tag = uniqueName("made");
      await t.session.tag(tag);
      expect((await inspectImage(engine, tag))!.platform).toMatchObject({ architecture: "riscv64" });
      await removeImage(engine, tag);
      expect((await inspectImage(engine, reference))!.id).toBe(before.id);
      const asked = registry.requests();
      await t.resume();
      expect(t.statuses()).toBe("done done");
      expect(registry.requests()).toBe(asked);
    } finally {
      await t.session.close({ remove: true });
      const ofIt = (await listImages(engine)).filter(({ digests }) =>
        digests.some((name) => name.startsWith(repository)),
      );
      for (const { id } of ofIt) await removeImage(engine, id, { force: true });
      await removeImage(engine, reference, { force: true });
    }
  });

  test("what it has for one platform only is taken with a warning", async () => {
    const reference = await registry.offer(uniqueName("one"), ["riscv64"]);
    await using t = await openTestSession(`FROM ${reference}\nLABEL a=b\n`, { platform: arm64 });
    try {
      expect(await t.session.continue()).toBe("end");
      const notices = t.events.flatMap((event) => (event.type === "notice" ? [event.message] : []));
      const expected = `${join(t.folder, "Dockerfile")}:1: ${reference} is for linux/riscv64 only, not for linux/arm64`;
      expect(notices).toEqual([expected]);
    } finally {
      await t.session.close({ remove: true });
      await removeImage(engine, reference, { force: true });
    }
  });
});
