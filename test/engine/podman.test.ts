import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { emptyImageConfig } from "../../src/dockerfile/image-config.ts";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { composeImage } from "../../src/engine/compose-image.ts";
import {
  attachContainer,
  containerChanges,
  createContainer,
  removeContainer,
  startContainer,
  waitContainer,
} from "../../src/engine/containers.ts";
import { unixEndpoint } from "../../src/engine/endpoint.ts";
import { inspectImage, loadImages, saveImage } from "../../src/engine/images.ts";
import { describeEngine } from "../../src/engine/info.ts";
import { testEngine } from "./fixture.ts";

const podman = "/usr/bin/podman";
const folder = mkdtempSync(join(tmpdir(), "slipway-podman-"));
const socket = join(folder, "podman.sock");

describe.runIf(existsSync(podman) && userInfo().uid === 0)("Podman's compatible socket", () => {
  const places = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--runtime", "runc"];
  let service: ChildProcess;
  let engine: EngineClient;

  beforeAll(async () => {
    // Limits that a machine without CAP_SYS_RESOURCE can give; equal, since Podman 4.3 takes soft for hard here.
    const config = join(folder, "containers.conf");
    writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n');
    service = spawn(podman, [...places, "system", "service", "--time", "0", `unix://${socket}`], {
      env: { ...process.env, CONTAINERS_CONF: config },
      stdio: "ignore",
    });
    engine = connectEngine(unixEndpoint(socket));
    await vi.waitFor(() => engine.apiVersion(), { timeout: 60_000 });
    await using docker = testEngine();
    await loadImages(engine, await saveImage(docker, "debian:bookworm"));
  });

  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
    const ended = once(service, "exit");
    service.kill();
    await ended;
    execFileSync(podman, [...places, "rm", "--all", "--force"], { stdio: "ignore" });
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
    const own = mounts.flatMap((line) => line.split(" ")[1] ?? []).filter((target) => target.startsWith(`${folder}/`));
    if (own.length > 0) execFileSync("umount", own.reverse());
    // Each container's conmon has a last word to write.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

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
});
