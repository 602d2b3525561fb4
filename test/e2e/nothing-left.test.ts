import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { composeImage } from "../../src/engine/compose-image.ts";
import { listContainers } from "../../src/engine/containers.ts";
import { findEngine } from "../../src/engine/find-engine.ts";
import { inspectImage, listImages, loadImages, removeImage, saveImage, tagImage } from "../../src/engine/images.ts";
import { startPrivateEngine } from "../../src/engine/private-engine/start.ts";
import { stopPrivateEngine } from "../../src/engine/private-engine/stop.ts";
import { listVolumes } from "../../src/engine/volumes.ts";
import { program, slipway } from "./program.ts";

const base = "debian:bookworm";

/** Every way in which a session makes things on an engine. */
const dockerfile = `FROM scratch AS empty
COPY Dockerfile /from-scratch
FROM with-volume:1 AS one
RUN echo a > /srv/a
RUN --mount=type=cache,target=/cache echo b > /b
RUN --mount=type=bind,from=empty,source=/from-scratch,target=/bound cat /bound > /c
RUN --network=none echo d > /d
FROM ${base}
COPY --from=one /srv/a /b /copied/
COPY --from=empty /from-scratch /
RUN echo quick
RUN echo sleeping; sleep 600
`;

/** Up to the step that sleeps; the session is killed in it. */
const commands = `until 11
states
run echo by hand > /by-hand
tag mine:1
undo
goto 9
run rm -r /copied
undo 2
redo 2
until 11
`;

let folder: string;
let engine: EngineClient;
let env: Record<string, string>;

/** The private engine's, so that nothing else changes meanwhile. */
async function snapshot(): Promise<readonly string[]> {
  const containers = await listContainers(engine, { all: true });
  const images = await listImages(engine, { all: true });
  const volumes = await listVolumes(engine);
  const networks = await engine.json<{ Id: string }[]>("GET", "/networks");
  return [
    ...containers.map(({ id, name }) => `container ${id} ${name}`),
    ...images.map(({ id, tags }) => `image ${id} ${[...tags].sort()}`),
    ...volumes.map(({ name }) => `volume ${name}`),
    ...networks.map(({ Id }) => `network ${Id}`),
  ].sort();
}

/** Begins a session, does everything in it, and kills its program while a step runs. Resolves with the session's id. */
async function killedSession(): Promise<string> {
  const child = spawn(process.execPath, [program, "hack", "--json", "--keep-going", folder], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.write(`${commands}next\n`);
  let id = "";
  const events: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    events.push(line);
    const event = JSON.parse(line);
    if (event.type === "opened") id = event.session;
    if (event.type === "error") throw await failure(child, events.join("\n"));
    if (event.type === "output" && event.text.includes("sleeping")) {
      await killAndWait(child);
      return id;
    }
  }
  throw new Error(`the step that sleeps was not reached:\n${events.join("\n")}`);
}

async function failure(child: ChildProcess, line: string): Promise<Error> {
  await killAndWait(child);
  return new Error(line);
}

async function killAndWait(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "close");
}

describe.runIf(userInfo().uid === 0)("nothing is left on the engine", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-nothing-left-"));
    await writeFile(join(folder, "Dockerfile"), dockerfile);
    const places = { env: { PATH: process.env.PATH, SLIPWAY_ENGINE_DIR: join(folder, "engine") }, home: folder };
    const endpoint = await startPrivateEngine(places);
    engine = connectEngine(endpoint);
    env = { DOCKER_HOST: endpoint.url, XDG_STATE_HOME: join(folder, "state") };
    await using outer = await findEngine({ env: process.env, home: folder });
    await loadImages(engine, await saveImage(outer, base));
    const { config } = (await inspectImage(engine, base))!;
    await composeImage(engine, {
      base,
      config: { ...config, volumes: ["/srv"] },
      history: [],
      tags: ["with-volume:1"],
    });
    await composeImage(engine, { base, config: { ...config, env: ["OF=nobody"] }, history: [], tags: [] });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await stopPrivateEngine({
      env: { PATH: process.env.PATH, SLIPWAY_ENGINE_DIR: join(folder, "engine") },
      home: folder,
    });
    await rm(folder, { recursive: true, force: true });
  });

  test("by quit --rm after a kill, but for the agent, which prune removes", async () => {
    const before = await snapshot();
    const id = await killedSession();
    // The tag that the session made is the person's: they take it away themselves.
    await removeImage(engine, "mine:1");
    const [checkpoint] = await listImages(engine, { label: [`slipway.session=${id}`] });
    await tagImage(engine, checkpoint!.id, "kept-by-hand:1");
    await removeImage(engine, "kept-by-hand:1", { force: true, keepParents: true });
    const resumed = await slipway(["hack", "--resume", id, folder], { env, input: "status\nquit --rm\n" });
    expect(resumed.stderr).toBe("");
    expect(resumed.exitCode).toBe(0);
    const after = await snapshot();
    expect(after.filter((object) => !object.startsWith("volume slipway-agent-"))).toEqual(before);
    const pruned = await slipway(["sessions", "prune", "--yes"], { env });
    expect(pruned.stdout).toContain("Removed the volume slipway-agent-");
    expect(await snapshot()).toEqual(before);
  }, 180_000);

  test("by prune after a kill", async () => {
    const before = await snapshot();
    const id = await killedSession();
    await removeImage(engine, "mine:1");
    const spared = await slipway(["sessions", "prune", "--yes"], { env });
    expect(spared.stdout).toContain(`${id}   ${join(folder, "Dockerfile")}   holds a hand edit`);
    const pruned = await slipway(["sessions", "prune", "--all", "--yes"], { env });
    expect(pruned.stderr).toBe("");
    expect(pruned.exitCode).toBe(0);
    expect(await snapshot()).toEqual(before);
  }, 180_000);

  test("of a session whose folder was removed", async () => {
    const before = await snapshot();
    await killedSession();
    await removeImage(engine, "mine:1");
    await rm(join(folder, "state/slipway/sessions"), { recursive: true });
    await slipway(["sessions", "prune", "--yes"], { env });
    expect(await snapshot()).toEqual(before);
  }, 180_000);
});
