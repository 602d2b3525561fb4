import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyImageConfig } from "../../src/dockerfile/image-config.ts";
import type { EngineClient } from "../../src/engine/client.ts";
import { composeImage } from "../../src/engine/compose-image.ts";
import {
  attachContainer,
  containerChanges,
  createContainer,
  removeContainer,
  startContainer,
  waitContainer,
} from "../../src/engine/containers.ts";
import { inspectImage, removeImage } from "../../src/engine/images.ts";
import { describeEngine } from "../../src/engine/info.ts";
import { skipsPodman, startPodman } from "../engines/podman.ts";

describe.skipIf(skipsPodman)("Podman's compatible socket", () => {
  let podman: Awaited<ReturnType<typeof startPodman>>;
  let engine: EngineClient;
  beforeAll(async () => {
    podman = await startPodman();
    ({ engine } = podman);
  });
  afterAll(() => podman?.[Symbol.asyncDispose]());

  const spec = { image: "debian:bookworm", labels: {}, openStdin: true, tty: false, networkMode: "none" } as const;

  test("is known as what it is", async () => {
    expect(await describeEngine(engine)).toMatchObject({ name: "Podman", buildkit: false, os: "linux" });
  });

  test("attaches before the start, with standard input and its end", async () => {
    const id = await createContainer(engine, {
      ...spec,
      command: ["sh", "-c", "cat; echo trouble >&2; touch /made; exit 3"],
    });
    const { stdin, stdout, stderr } = await attachContainer(engine, id);
    await startContainer(engine, id);
    stdin.end("hello\n");
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["hello\n", "trouble\n"]);
    expect(await waitContainer(engine, id)).toMatchObject({ exitCode: 3 });
    expect(await containerChanges(engine, id)).toContainEqual({ path: "/made", kind: "added" });
    expect(await removeContainer(engine, id)).toBe(true);
  });

  test("composes an image, though it wants to see the layers", async () => {
    const config = { ...emptyImageConfig, env: ["A=b"], cmd: ["sh"], workingDir: "/srv", labels: { x: "y" } };
    const created = new Date("2020-02-02T02:02:02Z");
    const id = await composeImage(engine, {
      base: "debian:bookworm",
      config,
      history: [],
      created,
      tags: ["composed:1"],
    });
    const base = await inspectImage(engine, "debian:bookworm");
    expect(await inspectImage(engine, "composed:1")).toMatchObject({ id, config, created, layers: base!.layers });
  });

  test("refusals have Docker's kinds, and a hint where the machine sets limits", async () => {
    const id = await createContainer(engine, { ...spec, name: "one", command: ["true"] });
    await expect(createContainer(engine, { ...spec, name: "one", command: ["true"] })).rejects.toMatchObject({
      kind: "conflict",
    });
    await removeContainer(engine, id);
    const limits = [{ name: "nofile", soft: 2 ** 40, hard: 2 ** 40 }];
    const greedy = await createContainer(engine, { ...spec, command: ["true"], ulimits: limits });
    await expect(attachContainer(engine, greedy)).rejects.toMatchObject({
      kind: "conflict",
      hint: expect.stringContaining("default_ulimits"),
    });
    await removeContainer(engine, greedy, { force: true });
  });

  test("an image that is gone is no error to remove, by whatever form of its id", async () => {
    for (const id of ["f".repeat(64), `sha256:${"f".repeat(64)}`]) expect(await removeImage(engine, id)).toBe(false);
  });
});
