import type { EngineClient } from "../../engine/client.ts";
import { describeEngine } from "../../engine/info.ts";
import type { BuildListener } from "../build-events.ts";
import { buildImage } from "../build-image.ts";
import type { BasePlatform } from "./architecture.ts";
import { prepareInitContext } from "./init-context.ts";

export interface InitBaseOptions {
  /** The image of Debian that it is made from; the engine has it. */
  readonly base: string;
  /** Undefined: the engine's own. */
  readonly platform: BasePlatform | undefined;
  readonly tags: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dockerConfigDir: string;
  readonly listener: BuildListener;
  readonly signal: AbortSignal;
}

/** Builds `slipway/base`: Debian with cron, logrotate and OpenSSH under slipway-init. Errors: those of `buildImage`, INSTALLATION_INCOMPLETE. */
export async function buildInitBase(
  engine: EngineClient,
  options: InitBaseOptions,
): Promise<{ readonly imageId: string }> {
  const { base, platform, tags, env, dockerConfigDir, listener, signal } = options;
  const architecture = platform?.architecture ?? (await describeEngine(engine, { signal })).architecture;
  await using context = await prepareInitContext(architecture);
  const build = {
    context: { kind: "folder", path: context.path },
    dockerfile: { kind: "file", path: `${context.path}/Dockerfile` },
    tags,
    buildArgs: { BASE: base },
    target: undefined,
    secrets: [],
    sshAgents: [],
    contexts: {},
    network: undefined,
    platform: platform && `linux/${platform.architecture}`,
    addHosts: [],
    labels: {},
    noCache: false,
    noCacheFilter: [],
    pull: false,
    cacheFrom: [],
    environment: env,
    dockerConfigDir,
    builder: undefined,
  } as const;
  return await buildImage(engine, build, listener, signal);
}
