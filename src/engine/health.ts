import { statfs } from "node:fs/promises";
import { messageOf, SlipwayError } from "../errors.ts";
import { compareVersions } from "./api-version.ts";
import type { EngineClient } from "./client.ts";
import { dockerConfigDir, readDockerConfig } from "./docker-config.ts";
import { type Candidate, type FindOptions, locateEngine } from "./find-engine.ts";
import { describeEngine, type EngineInfo } from "./info.ts";
import { findProgram } from "./private-engine/programs.ts";
import { privateEngineStatus } from "./private-engine/status.ts";

/** One line of `slipway doctor`. */
export interface HealthCheck {
  readonly name: string;
  /** `fail`: something that sessions or builds need does not work. */
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do about it. */
  readonly mend: string | undefined;
}

export interface EngineHealth {
  readonly checks: readonly HealthCheck[];
  /** Undefined when no engine answers. */
  readonly info: EngineInfo | undefined;
}

/** Bytes. A base image and a few checkpoints want this much; below the second nothing can be built. */
const comfortableSpace = 5e9;
const leastSpace = 5e8;

/** Looks at the engine that a command would use; changes nothing. An engine that cannot be used is a check that failed. */
export async function checkEngine(options: FindOptions): Promise<EngineHealth> {
  try {
    const { engine, candidate } = await locateEngine(options);
    await using client = engine;
    const info = await describeEngine(client, options);
    return { checks: await describeHealth(client, candidate, info), info };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return { checks: [fail("engine", error.message, error.hint)], info: undefined };
  }
}

async function describeHealth(engine: EngineClient, candidate: Candidate, info: EngineInfo): Promise<HealthCheck[]> {
  const spoken = await engine.apiVersion();
  const components = info.components.filter(({ name }) => !["Engine", "Podman Engine"].includes(name));
  const parts = components.map(({ name, version }) => `${name} ${version}`).join(", ");
  return [
    ok("engine", `${info.name} at ${candidate.endpoint.url} (${candidate.source})`),
    ok("version", `${info.version}${parts === "" ? "" : ` with ${parts}`}; API ${info.apiVersion}, spoken ${spoken}`),
    ok("machine", `${info.operatingSystem}, ${info.os}/${info.architecture}, kernel ${info.kernel}, ${info.cpus} CPUs`),
    checkBuilder(info),
    checkStorage(info),
    checkCgroup(info),
    ok("rootless", info.rootless ? "yes" : "no"),
    ok("security", info.securityOptions.join(", ") || "none"),
    await checkSpace(candidate, info),
    ...(info.name === "Podman" ? [checkPodman()] : []),
    ...info.warnings.map((warning) => warn("engine's warning", warning.replace(/^WARNING: /, ""), undefined)),
  ];
}

/** What the Dockerfile frontend inside dockerd knows: 1.2 in 20.10, 1.4 and newer from 23.0 on. */
function checkBuilder(info: Pick<EngineInfo, "buildkit" | "version" | "name">): HealthCheck {
  if (!info.buildkit)
    return warn(
      "builder",
      `${info.name} has no BuildKit: builds use its classic builder's API`,
      "use Docker 23 or newer",
    );
  if (compareVersions(info.version.replace(/[^\d.].*$/, ""), "23.0") >= 0) return ok("builder", "BuildKit");
  return warn(
    "builder",
    `BuildKit of Docker ${info.version}: RUN --mount; no heredocs, COPY --chmod, COPY --link, RUN --network`,
    "use Docker 23 or newer where a Dockerfile wants those",
  );
}

function checkStorage({ storageDriver, containerdStore, rootDir }: EngineInfo): HealthCheck {
  if (storageDriver === "vfs")
    return warn(
      "storage",
      `vfs in ${rootDir}: every layer is a full copy`,
      "use a file system that overlay2 can stand on",
    );
  if (containerdStore)
    return ok("storage", `containerd with ${storageDriver}: tagging a session's image reads its layers once more`);
  return ok("storage", `${storageDriver} in ${rootDir}`);
}

function checkCgroup({ cgroupVersion, cgroupDriver, rootless }: EngineInfo): HealthCheck {
  const detail = `version ${cgroupVersion}, driver ${cgroupDriver || "none"}`;
  if (rootless && cgroupVersion === "1")
    return warn(
      "cgroup",
      `${detail}: limits of memory and CPU have no effect`,
      "boot the machine with cgroup version 2",
    );
  return ok("cgroup", detail);
}

async function checkSpace({ endpoint }: Candidate, { rootDir }: EngineInfo): Promise<HealthCheck> {
  if (endpoint.kind !== "unix") return ok("disk", "on another machine, not known");
  try {
    const { bavail, bsize } = await statfs(rootDir);
    const free = bavail * bsize;
    const detail = `${(free / 1e9).toFixed(1)} GB free for ${rootDir}`;
    const mend = "remove images and containers that nobody needs: `docker system df` shows them";
    if (free < leastSpace) return fail("disk", detail, mend);
    return free < comfortableSpace ? warn("disk", detail, mend) : ok("disk", detail);
  } catch (error) {
    // In a virtual machine (Docker Desktop), or not to be read by us.
    return ok("disk", `not known: ${messageOf(error)}`);
  }
}

function checkPodman(): HealthCheck {
  return warn(
    "podman",
    "does not tell ONBUILD and SHELL of images, and keeps standard input for the first client only",
    "see docs/engines.md; use Docker where a session must survive its terminal",
  );
}

/** What the docker client's configuration names must be there when an image is pulled. */
export async function checkCredentials({ env, home }: Pick<FindOptions, "env" | "home">): Promise<HealthCheck> {
  try {
    const { credsStore, credHelpers, auths, path } = await readDockerConfig(dockerConfigDir(env, home));
    const helpers = new Set([...(credsStore === undefined ? [] : [credsStore]), ...Object.values(credHelpers)]);
    const missing: string[] = [];
    for (const helper of helpers) {
      const program = `docker-credential-${helper}`;
      if ((await findProgram(program, env)) === undefined) missing.push(program);
    }
    if (missing.length > 0)
      return fail(
        "credentials",
        `${missing.join(", ")} not found, which ${path} names`,
        "install it, or take it out of the file",
      );
    const registries = new Set([...Object.keys(auths), ...Object.keys(credHelpers)]);
    return ok("credentials", registries.size === 0 ? "none" : `for ${[...registries].join(", ")}`);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    return fail("credentials", error.message, error.hint);
  }
}

/** Programs of the developer's own machine that single commands run. */
export async function checkPrograms(env: FindOptions["env"]): Promise<HealthCheck[]> {
  const git = await findProgram("git", env);
  const ssh = await findProgram("ssh", env);
  const bootstrap = (await findProgram("mmdebstrap", env)) ?? (await findProgram("debootstrap", env));
  return [
    git === undefined
      ? warn("git", "not found: contexts and ADD sources in git, and commits, cannot be used", "install git")
      : ok("git", git),
    ssh === undefined
      ? warn("ssh", "not found: engines at ssh://… cannot be reached", "install openssh-client")
      : ok("ssh", ssh),
    bootstrap === undefined
      ? warn("bootstrap", "neither mmdebstrap nor debootstrap: `slipway base` cannot work", "install mmdebstrap")
      : ok("bootstrap", bootstrap),
  ];
}

/** Nothing to say about one that was never started. */
export async function checkPrivateEngine(
  options: Pick<FindOptions, "env" | "home" | "signal">,
): Promise<HealthCheck[]> {
  const status = await privateEngineStatus(options);
  if (status.state === "stopped") return [];
  if (status.state === "crashed")
    return [warn("private engine", `crashed; log in ${status.log}`, "`slipway engine start` starts it again")];
  return [ok("private engine", `${status.state}, Docker ${status.version ?? "?"} at unix://${status.socket}`)];
}

function ok(name: string, detail: string): HealthCheck {
  return { name, status: "ok", detail, mend: undefined };
}

function warn(name: string, detail: string, mend: string | undefined): HealthCheck {
  return { name, status: "warn", detail, mend };
}

function fail(name: string, detail: string, mend: string | undefined): HealthCheck {
  return { name, status: "fail", detail, mend };
}
