import { buffer, text } from "node:stream/consumers";
import { extract, pack } from "tar-stream";
import { afterAll, expect, test } from "vitest";
import { emptyImageConfig, type ImageConfig } from "../../src/dockerfile/image-config.ts";
import { EngineError } from "../../src/engine/client.ts";
import { composeImage } from "../../src/engine/compose-image.ts";
import {
  importImage,
  inspectImage,
  listImages,
  loadImages,
  readHistory,
  removeImage,
  saveImage,
  tagImage,
} from "../../src/engine/images.ts";
import { describeEngine } from "../../src/engine/info.ts";
import { createVolume, listVolumes, removeVolume } from "../../src/engine/volumes.ts";
import { testEngine, uniqueName } from "./fixture.ts";

const engine = testEngine();
afterAll(() => engine[Symbol.asyncDispose]());

const config: ImageConfig = {
  ...emptyImageConfig,
  user: "nobody:nogroup",
  exposedPorts: ["443/tcp", "80/tcp"],
  env: ["PATH=/bin", "EMPTY="],
  entrypoint: ["/bin/sh", "-c"],
  cmd: ["echo $0", "ünïcödé"],
  volumes: ["/data"],
  workingDir: "/srv",
  labels: { "slipway.test": "compose", quoted: '"' },
  stopSignal: "SIGQUIT",
  shell: ["/bin/bash", "-c"],
  onBuild: ["RUN true"],
  healthcheck: { test: ["CMD", "true"], interval: 5e9, timeout: 1e9, startPeriod: 0, startInterval: 0, retries: 2 },
};

async function importOneFile(content: string): Promise<string> {
  const tar = pack();
  tar.entry({ name: "file" }, content);
  tar.finalize();
  return await importImage(engine, tar, { changes: ['CMD ["/file"]'] });
}

test("a composed image has the base's layers and exactly the configuration it was given", async () => {
  const base = await importOneFile(uniqueName("content"));
  const tag = `${uniqueName("composed")}:1`;
  const created = new Date("2020-02-02T02:02:02Z");
  const history = [
    { created, createdBy: "COPY file /", comment: "buildkit.dockerfile.v0", emptyLayer: false },
    { created, createdBy: "USER nobody", comment: undefined, emptyLayer: true },
  ];
  const id = await composeImage(engine, { base, config, history, created, tags: [tag] });
  expect(await inspectImage(engine, tag)).toMatchObject({
    id,
    config,
    layers: (await inspectImage(engine, base))!.layers,
    created,
    tags: [tag],
  });
  expect(await readHistory(engine, (await inspectImage(engine, id))!)).toEqual(history);
  // The same once more is the same image.
  expect(await composeImage(engine, { base, config, history, created, tags: [] })).toBe(id);
  await removeImage(engine, tag);
  await removeImage(engine, base);
});

test("an image goes through save and load unchanged", async () => {
  const id = await importOneFile(uniqueName("content"));
  const tag = `${uniqueName("saved")}:latest`;
  await tagImage(engine, id, tag);
  const archive = await buffer(await saveImage(engine, tag));
  await removeImage(engine, tag);
  expect(await inspectImage(engine, id)).toBeUndefined();
  expect(await loadImages(engine, archive)).toEqual([tag]);
  expect(await inspectImage(engine, tag)).toMatchObject({ id, config: { cmd: ["/file"] } });
  const names: string[] = [];
  const entries = extract();
  entries.end(archive);
  for await (const entry of entries) {
    names.push(entry.header.name);
    entry.resume();
  }
  expect(names).toContain("manifest.json");
  expect(await listImages(engine, { reference: [tag] })).toMatchObject([{ id, tags: [tag] }]);
  expect(await removeImage(engine, tag)).toBe(true);
  expect(await removeImage(engine, tag)).toBe(false);
});

test("an archive that is none is the engine's refusal", async () => {
  const tar = pack();
  tar.entry({ name: "manifest.json" }, '[{"Config":"missing.json"}]');
  tar.finalize();
  await expect(loadImages(engine, tar)).rejects.toBeInstanceOf(EngineError);
});

test("volumes are made, found by label and removed", async () => {
  const name = uniqueName("volume");
  const labels = { "slipway.test": name };
  expect(await createVolume(engine, { name, labels })).toMatchObject({ name, labels, driver: "local" });
  expect(await listVolumes(engine, { label: [`slipway.test=${name}`] })).toMatchObject([{ name }]);
  expect(await removeVolume(engine, name)).toBe(true);
  expect(await listVolumes(engine, { label: [`slipway.test=${name}`] })).toEqual([]);
  expect(await removeVolume(engine, name)).toBe(false);
});

test("the engine describes itself", async () => {
  const info = await describeEngine(engine);
  expect(info).toMatchObject({ name: "Docker", os: "linux", buildkit: true, rootless: false });
  expect(info.version).toMatch(/^\d+\.\d+/);
  expect(await engine.apiVersion()).toMatch(/^1\.4\d$/);
  const { body } = await engine.request("GET", "/_ping");
  expect(await text(body)).toBe("OK");
});
