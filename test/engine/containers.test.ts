import { once } from "node:events";
import { buffer, text } from "node:stream/consumers";
import { extract, pack } from "tar-stream";
import { afterAll, expect, test, vi } from "vitest";
import { EngineError } from "../../src/engine/client.ts";
import {
  attachContainer,
  commitContainer,
  containerChanges,
  containerLogs,
  getArchive,
  inspectContainer,
  killContainer,
  listContainers,
  putArchive,
  removeContainer,
  startContainer,
  waitContainer,
} from "../../src/engine/containers.ts";
import { inspectImage, removeImage } from "../../src/engine/images.ts";
import { testContainers, testEngine, uniqueName } from "./fixture.ts";

const engine = testEngine();
const { create, clean, label } = testContainers(engine, "containers");
afterAll(async () => {
  await clean();
  await engine[Symbol.asyncDispose]();
});

test("a command reads standard input to its end and answers on both streams", async () => {
  const id = await create({ openStdin: true, stdinOnce: true, command: ["sh", "-c", "cat; echo trouble >&2; exit 3"] });
  const streams = await attachContainer(engine, id);
  await startContainer(engine, id);
  streams.stdin.end("hello\n");
  expect(await Promise.all([text(streams.stdout), text(streams.stderr)])).toEqual(["hello\n", "trouble\n"]);
  expect(await waitContainer(engine, id)).toEqual({ exitCode: 3, error: undefined });
});

test("standard input outlives the client that was attached", async () => {
  const id = await create({ openStdin: true, command: ["sh", "-c", "while read line; do echo got $line; done"] });
  const first = await attachContainer(engine, id);
  await startContainer(engine, id);
  first.stdin.write("one\n");
  expect(String((await once(first.stdout, "data"))[0])).toBe("got one\n");
  first.close();
  const second = await attachContainer(engine, id);
  second.stdin.write("two\n");
  expect(String((await once(second.stdout, "data"))[0])).toBe("got two\n");
  second.close();
});

test("output that nobody reads holds the command back, and none of it is lost", async () => {
  const id = await create({ command: ["sh", "-c", "head -c 200000000 /dev/zero; echo done >&2"], logDriver: "none" });
  const { stdout, stderr } = await attachContainer(engine, id);
  await startContainer(engine, id);
  await once(stdout, "readable");
  expect(stdout.readableLength).toBeLessThan(1_000_000);
  let length = 0;
  stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  expect(await text(stderr)).toBe("done\n");
  expect(length).toBe(200_000_000);
});

test("with a TTY everything is one stream", async () => {
  const id = await create({ tty: true, command: ["sh", "-c", "echo out; echo err >&2"] });
  const streams = await attachContainer(engine, id, { tty: true });
  await startContainer(engine, id);
  expect(await text(streams.stdout)).toBe("out\r\nerr\r\n");
  // The connection closes with the container, though nobody ended our half of it.
  await vi.waitFor(() => expect(streams.stdin.destroyed).toBe(true));
});

test("logs tell again what was printed", async () => {
  const id = await create({ command: ["sh", "-c", "echo one; echo two >&2; echo three"] });
  await startContainer(engine, id);
  await waitContainer(engine, id);
  const { stdout, stderr } = await containerLogs(engine, id);
  expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["one\nthree\n", "two\n"]);
});

test("files go in and out as archives, with their owners; changes name them", async () => {
  const id = await create({ command: ["true"], user: "games" });
  const tar = pack();
  tar.entry({ name: "note", mode: 0o640, uid: 7, gid: 8 }, "by hand");
  tar.finalize();
  await putArchive(engine, id, "/srv", tar);
  expect(await containerChanges(engine, id)).toEqual(
    expect.arrayContaining([
      { path: "/srv", kind: "changed" },
      { path: "/srv/note", kind: "added" },
    ]),
  );
  const entries = extract();
  entries.end(await buffer(await getArchive(engine, id, "/srv/note")));
  for await (const entry of entries) {
    expect(entry.header).toMatchObject({ name: "note", uid: 7, gid: 8, size: 7 });
    expect(await text(entry)).toBe("by hand");
  }
});

test("a container tells its state, labels and mounts", async () => {
  const name = uniqueName("state");
  const volume = uniqueName("volume");
  const id = await create({
    name,
    command: ["sleep", "1000"],
    networkMode: "bridge",
    mounts: [
      { type: "volume", source: volume, target: "/data", readOnly: true },
      { type: "tmpfs", source: "", target: "/scratch", readOnly: false },
    ],
    ports: [{ container: "80/tcp", hostIp: "127.0.0.1" }],
  });
  await startContainer(engine, id);
  const container = await inspectContainer(engine, name);
  expect(container).toMatchObject({
    id,
    name,
    state: { status: "running", exitCode: 0, oomKilled: false },
    labels: { "slipway.test": label },
    ipAddresses: { bridge: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) },
    ports: [{ container: "80/tcp", hostIp: "127.0.0.1", host: expect.any(Number) }],
  });
  expect(container?.mounts).toContainEqual({ type: "volume", source: volume, target: "/data", readOnly: true });
  expect(await listContainers(engine, { label: [`slipway.test=${label}`], name: [name] })).toMatchObject([
    { id, name, status: "running", ipAddresses: container!.ipAddresses },
  ]);
  await killContainer(engine, id);
  expect(await waitContainer(engine, id)).toMatchObject({ exitCode: 137 });
  expect(await removeContainer(engine, id, { volumes: true })).toBe(true);
  expect(await removeContainer(engine, id)).toBe(false);
  expect(await inspectContainer(engine, name)).toBeUndefined();
  await engine.execute("DELETE", `/volumes/${volume}`);
});

test("a commit is an image with the changed files", async () => {
  const id = await create({ command: ["touch", "/made"] });
  await startContainer(engine, id);
  await waitContainer(engine, id);
  const image = await commitContainer(engine, id, { pause: false, comment: "a checkpoint" });
  const base = await inspectImage(engine, "debian:bookworm");
  const committed = await inspectImage(engine, image);
  expect(committed).toMatchObject({ comment: "a checkpoint", parent: base!.id });
  expect(committed!.layers.slice(0, -1)).toEqual(base!.layers);
  expect(await removeImage(engine, image)).toBe(true);
});

test("refusals are typed and carry the engine's own words", async () => {
  const missing = await create({ image: "no-such-image:here" }).catch((error) => error);
  expect(missing).toBeInstanceOf(EngineError);
  expect(missing).toMatchObject({ kind: "not-found", status: 404, method: "POST", code: "ENGINE_NOT_FOUND" });
  expect(missing.message).toContain("no-such-image");
  const attached = await attachContainer(engine, "no-such-container").catch((error) => error);
  expect(attached).toMatchObject({ kind: "not-found", engineMessage: expect.stringMatching(/no such container/i) });
  const name = uniqueName("twice");
  await create({ name, command: ["true"] });
  await expect(create({ name, command: ["true"] })).rejects.toMatchObject({ kind: "conflict" });
});

test("waiting ends when it is told to", async () => {
  const id = await create({ command: ["sleep", "1000"] });
  await startContainer(engine, id);
  const controller = new AbortController();
  const waiting = waitContainer(engine, id, { signal: controller.signal });
  const attached = await attachContainer(engine, id, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await expect(text(attached.stdout)).rejects.toMatchObject({ name: "AbortError" });
});
