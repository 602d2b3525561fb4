import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { withLock } from "../../scripts/lock.mjs";
import { docker, dockerClient } from "../equality/docker.ts";

/** A Docker 26.1 in a container of another engine. */
export interface NestedEngine extends AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** This machine, as the engine reaches it. */
  readonly gateway: string;
}

const image = "slipway-test/docker-26";
const cache = join(import.meta.dirname, "../../.cache");
/** Debian trixie with docker.io 26.1, BuildKit 0.13, and what ADD needs for repositories and archives. */
const rootArchive = join(cache, "docker-26-root.tar");

/** What dockerd needs where `--privileged` cannot be had. */
const runOptions = [
  ...["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"].flatMap((capability) => ["--cap-add", capability]),
  ...["seccomp=unconfined", "systempaths=unconfined"].flatMap((option) => ["--security-opt", option]),
  ...["--device-cgroup-rule", "a *:* rwm", "--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
  ...["--volume", "/var/lib/docker", "--tmpfs", "/run", "--label", "slipway.test=docker-26"],
];

/**
 * Starts Docker 26.1 in a container of the engine at `outer` and waits until it answers; it has debian:bookworm then.
 * Its image is made once for this checkout and once for an engine. Disposing removes the container and its data.
 */
export async function startDocker26(outer: string): Promise<NestedEngine> {
  // Test files start side by side: one makes the image, the others wait for it.
  await withLock(() => provideImage(outer));
  const daemon = ["dockerd", "--host", "tcp://0.0.0.0:2375", "--tls=false", "--bip", "172.30.0.1/16"];
  const name = `slipway-docker-26-${process.pid}-${Date.now().toString(36)}`;
  const container = ["--detach", "--name", name, ...runOptions, image, ...daemon, "--cgroup-parent", `/${name}`];
  await docker(outer, ["run", ...container]);
  const remove = () => docker(outer, ["rm", "--force", "--volumes", name]);
  try {
    const [address, gateway] = await addressesOf(outer, name);
    const host = `tcp://${address}:2375`;
    await waitUntilReady(outer, name, host);
    await copyImage(outer, host, "debian:bookworm");
    return {
      host,
      gateway,
      async [Symbol.asyncDispose]() {
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function provideImage(outer: string): Promise<void> {
  if ((await docker(outer, ["images", "--quiet", image])) !== "") return;
  if (!existsSync(rootArchive)) await makeRootArchive();
  await docker(outer, ["import", "--change", "LABEL slipway.test=docker-26", rootArchive, image]);
}

async function makeRootArchive(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-docker-26-"));
  try {
    const packages = "docker.io,docker-cli,containerd,iptables,git,xz-utils";
    await execa("debootstrap", ["--variant=minbase", `--include=${packages}`, "trixie", join(folder, "root")]);
    await mkdir(cache, { recursive: true });
    const unfinished = `${rootArchive}.${process.pid}`;
    await execa("tar", ["--directory", join(folder, "root"), "--create", "--file", unfinished, "."]);
    await rename(unfinished, rootArchive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addressesOf(outer: string, container: string): Promise<readonly [own: string, gateway: string]> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}";
  return (await docker(outer, ["inspect", "--format", format, container])).trim().split(" ") as [string, string];
}

const COPY_TAKES_AT_MOST_MS = 60_000;

/** Throws with the daemon's log when its container ends. */
async function waitUntilReady(outer: string, container: string, host: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${host.replace("tcp:", "http:")}/_ping`, {
      signal: AbortSignal.timeout(5000),
    }).catch(() => undefined);
    if (answer?.ok) return;
    if ((await docker(outer, ["inspect", "--format", "{{.State.Running}}", container])).trim() !== "true") {
      const { all } = await execa(dockerClient, ["logs", container], { env: { DOCKER_HOST: outer }, all: true });
      throw new Error(`Docker 26 did not start:\n${all}`);
    }
    await sleep(100);
  }
}

/** It takes seconds; seen once to stand still for good, for a reason that is not known: then it is begun again. */
async function copyImage(from: string, to: string, reference: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const save = execa(dockerClient, ["save", reference], {
      env: { DOCKER_HOST: from },
      buffer: false,
      timeout: COPY_TAKES_AT_MOST_MS,
    });
    const load = save.pipe(dockerClient, ["load"], { env: { DOCKER_HOST: to }, timeout: COPY_TAKES_AT_MOST_MS });
    const error = await load.then(
      () => undefined,
      (reason: Error) => reason,
    );
    if (error === undefined) return;
    if (attempt === 3) throw error;
  }
}
