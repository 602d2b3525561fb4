import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEngine } from "../../src/engine/client.ts";
import {
  attachContainer,
  createContainer,
  inspectContainer,
  listContainers,
  startContainer,
} from "../../src/engine/containers.ts";
import { unixEndpoint } from "../../src/engine/endpoint.ts";
import { locateEngine } from "../../src/engine/find-engine.ts";
import { loadImages, saveImage } from "../../src/engine/images.ts";
import { privateEnginePlaces } from "../../src/engine/private-engine/places.ts";
import { startPrivateEngine } from "../../src/engine/private-engine/start.ts";
import { privateEngineStatus } from "../../src/engine/private-engine/status.ts";
import { stopPrivateEngine } from "../../src/engine/private-engine/stop.ts";
import { identifyProcess } from "../../src/engine/process-identity.ts";
import { testContainers, testEngine, uniqueName } from "./fixture.ts";

const isRoot = userInfo().uid === 0;
const folder = mkdtempSync(join(tmpdir(), "slipway-engine-"));
const options = { env: { PATH: process.env.PATH, SLIPWAY_ENGINE_DIR: folder }, home: folder };
const places = privateEnginePlaces(options.env, options.home);
const outer = testEngine();
const outerContainers = testContainers(outer, uniqueName("beside"));

function rules(): string {
  return execFileSync("iptables-save", { encoding: "utf8" });
}

function links(): string {
  return execFileSync("ip", ["-o", "link", "show"], { encoding: "utf8" });
}

describe.runIf(isRoot)("a private engine", () => {
  let published: { address: string; port: number; rule: string };

  beforeAll(async () => {
    const id = await outerContainers.create({
      command: ["perl", "-MIO::Socket", "-e", serveHello],
      networkMode: "bridge",
      ports: [{ container: "8000/tcp", hostIp: "127.0.0.1" }],
    });
    await startContainer(outer, id);
    const { ipAddresses, ports } = (await inspectContainer(outer, id))!;
    const address = Object.values(ipAddresses)[0]!;
    const rule = rules()
      .split("\n")
      .find((line) => line.includes(`${address}:8000`));
    published = { address, port: ports[0]!.host!, rule: rule! };
    await startPrivateEngine(options);
  });

  afterAll(async () => {
    await stopPrivateEngine(options);
    await outerContainers.clean();
    await outer[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  test("answers at its own socket, in a session of its own, and keeps its log", async () => {
    const status = await privateEngineStatus(options);
    expect(status).toMatchObject({
      state: "running",
      folder,
      containers: [],
      orphans: [],
      version: expect.any(String),
    });
    expect(readFileSync(`/proc/${status.pid}/stat`, "utf8").split(") ")[1]!.split(" ")[3]).toBe(String(status.pid));
    expect(readFileSync(status.log, "utf8")).toContain("API listen on");
    const { engine, candidate } = await locateEngine({
      ...options,
      env: { ...options.env, SLIPWAY_ENGINE: "private" },
    });
    expect(candidate).toMatchObject({ source: "SLIPWAY_ENGINE", endpoint: { path: status.socket } });
    await engine[Symbol.asyncDispose]();
  });

  test("runs containers on a bridge of its own", async () => {
    await using engine = connectEngine(unixEndpoint(places.socket));
    await loadImages(engine, await saveImage(outer, "debian:bookworm"));
    const id = await createContainer(engine, {
      image: "debian:bookworm",
      command: ["cat", "/proc/net/route"],
      labels: {},
      openStdin: false,
      tty: false,
    });
    const { stdout } = await attachContainer(engine, id);
    await startContainer(engine, id);
    expect(await text(stdout)).toContain("eth0");
    expect(links()).toContain(places.bridge);
  });

  test("leaves the other engine its bridge, its rules and its published ports", async () => {
    expect(rules().split("\n")).toContain(published.rule);
    expect(await fetchText(published.address, 8000)).toBe("hello");
    expect(await fetchText("127.0.0.1", published.port)).toBe("hello");
  });

  test("two starts at once are one engine", async () => {
    const before = (await privateEngineStatus(options)).pid;
    await stopPrivateEngine(options);
    await Promise.all([startPrivateEngine(options), startPrivateEngine(options)]);
    const { pid } = await privateEngineStatus(options);
    expect(pid).not.toBe(before);
    expect(readFileSync(places.log, "utf8").match(/API listen on/g)).toHaveLength(2);
  });

  test("after a crash it is known to have crashed, and starts again with its containers", async () => {
    await using engine = connectEngine(unixEndpoint(places.socket));
    const id = await createContainer(engine, {
      image: "debian:bookworm",
      name: "survivor",
      command: ["sleep", "1000"],
      init: true,
      labels: { "slipway.session": "s1" },
      openStdin: false,
      tty: false,
      networkMode: "none",
    });
    await startContainer(engine, id);
    const { pid, containers } = await privateEngineStatus(options);
    expect(containers).toEqual([{ id, name: "survivor", image: "debian:bookworm", owner: "session s1" }]);
    process.kill(pid!, "SIGKILL");
    while ((await identifyProcess(pid!)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await privateEngineStatus(options)).toMatchObject({ state: "crashed", orphans: [id.slice(0, 12)] });
    await expect(stopPrivateEngine(options)).rejects.toMatchObject({ code: "ENGINE_ORPHANS" });
    await startPrivateEngine(options);
    await using again = connectEngine(unixEndpoint(places.socket));
    expect(await listContainers(again, { all: true, name: ["survivor"] })).toMatchObject([{ id, status: "exited" }]);
  });

  test("a process that got the old number is left alone", async () => {
    await stopPrivateEngine(options);
    const bystander = await identifyProcess(process.pid);
    writeFileSync(
      places.state,
      JSON.stringify({ process: bystander, subnet: "", startedAt: new Date().toISOString() }),
    );
    expect(await stopPrivateEngine(options)).toBe(false);
    mkdirSync(places.exec);
    writeFileSync(places.pidFile, String(process.pid));
    await startPrivateEngine(options);
    expect((await privateEngineStatus(options)).state).toBe("running");
  });

  test("its stop leaves nothing on the machine but data and log", async () => {
    expect(await stopPrivateEngine(options)).toBe(true);
    expect(await stopPrivateEngine(options)).toBe(false);
    expect(links()).not.toContain(places.bridge);
    expect(rules()).not.toContain(places.bridge);
    expect(existsSync(places.socket)).toBe(false);
    expect(existsSync(places.log)).toBe(true);
    expect(existsSync(places.exec)).toBe(false);
  });

  test("started with sudo it is the caller's, and nobody else's", async () => {
    const sudo = { ...options, env: { ...options.env, SUDO_UID: "65534" } };
    await startPrivateEngine(sudo);
    expect(statSync(places.socket)).toMatchObject({ uid: 65534, gid: 0, mode: 0o140660 });
    chmodSync(folder, 0o755);
    process.seteuid!(65534);
    try {
      expect(await privateEngineStatus(options)).toMatchObject({ state: "running", version: expect.any(String) });
      await expect(stopPrivateEngine(options)).rejects.toMatchObject({
        code: "ENGINE_NEEDS_ROOT",
        hint: "run `sudo slipway engine stop`",
      });
    } finally {
      process.seteuid!(0);
    }
    expect(await stopPrivateEngine(sudo)).toBe(true);
  });

  test("what keeps it from starting is told, and nothing is left", async () => {
    writeFileSync(places.config, '{"storage-driver": "no-such-driver"}');
    await expect(startPrivateEngine(options)).rejects.toMatchObject({
      code: "ENGINE_START_FAILED",
      message: expect.stringContaining("driver not supported"),
    });
    expect(links()).not.toContain(places.bridge);
    expect((await privateEngineStatus(options)).state).toBe("stopped");
  });
});

const serveHello = `
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1);
while (my $client = $server->accept) { my $line = <$client>; print $client "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $client }`;

function fetchText(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host, port, path: "/" }, (response) => resolve(text(response))).on("error", reject);
  });
}
