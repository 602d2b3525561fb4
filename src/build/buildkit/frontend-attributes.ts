import type { EngineClient } from "../../engine/client.ts";
import { describeEngine } from "../../engine/info.ts";
import { SlipwayError } from "../../errors.ts";
import type { BuildOptions } from "../build-options.ts";
import type { LoadedDockerfile } from "../dockerfile-text.ts";

/** BuildKit's Dockerfile frontend knows named contexts since its version 1.4: in Docker 23.0. */
const firstMajorWithNamedContexts = 23;

/** The options as attributes of BuildKit's Dockerfile frontend. Errors: BUILD_OPTION_UNSUPPORTED, naming the option. */
export async function frontendAttributes(
  engine: EngineClient,
  options: BuildOptions,
  dockerfile: LoadedDockerfile | undefined,
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  if (Object.keys(options.contexts).length > 0) await requireNamedContexts(engine, dockerfile, signal);
  const hosts = await resolveHosts(engine, options.addHosts, signal);
  return {
    "image-resolve-mode": options.pull ? "pull" : "local",
    ...prefixed("build-arg:", options.buildArgs),
    ...prefixed("label:", options.labels),
    ...(options.target === undefined ? {} : { target: options.target }),
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...(options.noCacheFilter.length === 0 ? {} : { "no-cache": options.noCacheFilter.join(",") }),
    ...(options.noCache ? { "no-cache": "" } : {}),
    ...(options.cacheFrom.length === 0 ? {} : { "cache-from": options.cacheFrom.join(",") }),
    ...(hosts.length === 0 ? {} : { "add-hosts": hosts.join(",") }),
    ...networkAttribute(options.network),
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}

function networkAttribute(network: string | undefined): Record<string, string> {
  if (network === undefined || network === "default") return {};
  if (network === "none" || network === "host") return { "force-network-mode": network };
  throw new SlipwayError(
    "BUILD_OPTION_UNSUPPORTED",
    `--network ${network}: BuildKit knows default, none and host only`,
    {
      hint: "choose one of these, or the classic builder with DOCKER_BUILDKIT=0",
    },
  );
}

async function requireNamedContexts(
  engine: EngineClient,
  dockerfile: LoadedDockerfile | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  // A frontend that the Dockerfile names itself may be newer than the engine's.
  if (dockerfile?.model.directives.syntax !== undefined) return;
  const { name, version } = await describeEngine(engine, { signal });
  if (Number.parseInt(version, 10) >= firstMajorWithNamedContexts) return;
  throw new SlipwayError(
    "BUILD_OPTION_UNSUPPORTED",
    `--build-context: ${name} ${version} would ignore it; it came with 23.0`,
    {
      hint: "use a newer engine, or begin the Dockerfile with # syntax=docker/dockerfile:1",
    },
  );
}

/** `host-gateway` is the address of the engine's machine as its containers see it: the gateway of the bridge network. */
async function resolveHosts(
  engine: EngineClient,
  hosts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (!hosts.some((host) => host.endsWith(":host-gateway"))) return hosts.map(hostAttribute);
  const bridge = await engine.json<{ IPAM?: { Config?: readonly { Gateway?: string }[] | null } }>(
    "GET",
    "/networks/bridge",
    { signal },
  );
  const gateway = bridge.IPAM?.Config?.[0]?.Gateway;
  if (gateway === undefined) {
    throw new SlipwayError(
      "BUILD_OPTION_UNSUPPORTED",
      "--add-host: the engine's bridge network has no gateway for host-gateway",
      {
        hint: "give the address itself: --add-host NAME:ADDRESS",
      },
    );
  }
  return hosts.map((host) => hostAttribute(host.replace(/:host-gateway$/, `:${gateway}`)));
}

function hostAttribute(host: string): string {
  const colon = host.indexOf(":");
  return `${host.slice(0, colon)}=${host.slice(colon + 1)}`;
}
