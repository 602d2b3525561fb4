import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { parseEndpoint, unixEndpoint } from "../../src/engine/endpoint.ts";
import { loadImages, saveImage } from "../../src/engine/images.ts";

const podman = "/usr/bin/podman";

/** Why tests of Podman are skipped; undefined where they run. */
export const skipsPodman: string | undefined = !existsSync(podman)
  ? "it is not installed"
  : userInfo().uid === 0
    ? undefined
    : "its service is started as root here";
if (skipsPodman !== undefined) console.warn(`Tests of Podman are skipped: ${skipsPodman}.`);

/** A Podman of the test's own, with debian:bookworm, behind its compatible socket. Disposing ends it and removes its data. */
export async function startPodman(): Promise<{ readonly engine: EngineClient } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-podman-"));
  const socket = join(folder, "podman.sock");
  const places = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--runtime", "runc"];
  // Limits that a machine without CAP_SYS_RESOURCE can give; equal, since Podman 4.3 takes soft for hard here.
  const config = join(folder, "containers.conf");
  writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n');
  const service = spawn(podman, [...places, "system", "service", "--time", "0", `unix://${socket}`], {
    env: { ...process.env, CONTAINERS_CONF: config },
    stdio: "ignore",
  });
  const engine = connectEngine(unixEndpoint(socket));
  const stop = async () => {
    await engine[Symbol.asyncDispose]();
    const ended = once(service, "exit");
    service.kill();
    await ended;
    execFileSync(podman, [...places, "rm", "--all", "--force"], { stdio: "ignore" });
    const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
    const own = mounts.flatMap((line) => line.split(" ")[1] ?? []).filter((target) => target.startsWith(`${folder}/`));
    if (own.length > 0) execFileSync("umount", own.reverse());
    // Each container's conmon has a last word to write.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    await vi.waitFor(() => engine.apiVersion(), { timeout: 60_000 });
    await using docker = connectEngine(parseEndpoint(process.env.DOCKER_HOST!, undefined));
    await loadImages(engine, await saveImage(docker, "debian:bookworm"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { engine, [Symbol.asyncDispose]: stop };
}
