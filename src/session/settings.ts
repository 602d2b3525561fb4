import { homedir } from "node:os";
import { resolve } from "node:path";
import type { BuildSecret, ForwardedAgent } from "../build/build-options.ts";
import { defaultDockerfile, requireFolder } from "../build/locate-context.ts";
import type { Platform } from "../dockerfile/image-config.ts";
import { normalizePlatform, parsePlatform } from "../dockerfile/platform.ts";
import type { EngineClient } from "../engine/client.ts";
import { openEngine } from "../engine/connect-or-start.ts";
import { dockerConfigDir } from "../engine/docker-config.ts";
import { describeEngine } from "../engine/info.ts";
import { ExitCode, SlipwayError } from "../errors.ts";
import { emptyRunSettings, type RunSettings } from "../project/run-settings.ts";
import type { SessionEvent } from "./events.ts";
import { stateFolder } from "./state/state-folder.ts";
import type { SessionOptions } from "./types.ts";

/** Where a session lives and who hears of it: what opening and resuming one have in common. */
export interface SessionPlace {
  /**
   * A connection, or an address: `unix://…`, `tcp://…`, `ssh://…`. Default: the engine that the docker client would use
   * (DOCKER_HOST, DOCKER_CONTEXT, its current context, the usual sockets). A connection that is given stays open at the end.
   */
  readonly engine?: EngineClient | string | undefined;
  /** Default: that of this program. Secrets that are named by variable, and settings of git and proxies, come from it. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Folder of the docker client's configuration. Default: DOCKER_CONFIG, or `~/.docker`. */
  readonly dockerConfigDir?: string | undefined;
  /** Where sessions are kept. Default: `slipway` in XDG_STATE_HOME, or in `~/.local/state`. */
  readonly stateDir?: string | undefined;
  /** As `session.onEvent`, from the first event, `opened`, on. */
  readonly onEvent?: ((event: SessionEvent) => void | Promise<void>) | undefined;
}

/** What a session is opened with. Each has a default; relative paths are those of the current folder. */
export interface OpenSessionOptions extends SessionPlace {
  /** Folder of the build context. Default: the current folder. */
  readonly context?: string | undefined;
  /** Default: `Dockerfile` in the context. */
  readonly dockerfilePath?: string | undefined;
  /** Name or number of a stage. Default: the last. */
  readonly target?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  /** `os/architecture[/variant]`. Default: the engine's own. */
  readonly platform?: Platform | string | undefined;
  /** Further contexts by name: a folder, `docker-image://IMAGE`, or the URL of a git repository or an archive. */
  readonly contexts?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: readonly BuildSecret[] | undefined;
  readonly sshAgents?: readonly ForwardedAgent[] | undefined;
  /** Of the image that `finish` builds. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Network of RUN: `default`, `none`, `host`, or the name of a network. */
  readonly network?: string | undefined;
  /** `NAME:ADDRESS` */
  readonly addHosts?: readonly string[] | undefined;
  /** Fetch base images even when they are there. */
  readonly pull?: boolean | undefined;
  /** Run every step, also those that the engine's build cache holds. */
  readonly noCache?: boolean | undefined;
  /** Start on this image instead of the target stage's FROM. */
  readonly fromImage?: string | undefined;
  /** Volumes, ports, variables and networks of the session's own container. */
  readonly runSettings?: Partial<RunSettings> | undefined;
}

/** Everything settled, and whether the session has to let go of the engine at its end. */
export interface SettledPlace extends Pick<SessionOptions, "engine" | "environment" | "dockerConfigDir" | "stateDir"> {
  readonly ownsEngine: boolean;
}

/** @throws CONTEXT_MISSING, PLATFORM_UNKNOWN, and what finding an engine throws */
export async function settleOptions(
  options: OpenSessionOptions,
): Promise<{ readonly options: SessionOptions; readonly ownsEngine: boolean }> {
  const context = resolve(options.context ?? ".");
  await requireFolder(context);
  const { dockerfilePath } = options;
  const { ownsEngine, ...place } = await settlePlace(options);
  return {
    ownsEngine,
    options: {
      ...place,
      context,
      dockerfilePath: dockerfilePath === undefined ? await defaultDockerfile(context) : resolve(dockerfilePath),
      target: options.target,
      buildArgs: options.buildArgs ?? {},
      platform: await settlePlatform(options.platform, place.engine),
      contexts: options.contexts ?? {},
      secrets: options.secrets ?? [],
      sshAgents: options.sshAgents ?? [],
      labels: options.labels ?? {},
      network: options.network,
      addHosts: options.addHosts ?? [],
      pull: options.pull ?? false,
      noCache: options.noCache ?? false,
      fromImage: options.fromImage,
      runSettings: { ...emptyRunSettings, ...options.runSettings },
    },
  };
}

/** Which engine to connect to. */
export interface EngineChoice {
  /** `unix://…`, `tcp://…`, `ssh://…` */
  readonly address?: string | undefined;
  /** Name of a docker context. */
  readonly dockerContext?: string | undefined;
  /** Default: that of this program. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Connects to the engine that is chosen, or else to the one that the docker client would use; for several sessions on one
 * connection. Let go of it with `await using`, or its `Symbol.asyncDispose`.
 * @throws SlipwayError ENGINE_UNREACHABLE, ENGINE_TOO_OLD, ENGINE_ADDRESS_INVALID, CONTEXT_UNKNOWN, TLS_MATERIAL_MISSING
 */
export async function connectToEngine(choice: EngineChoice = {}): Promise<EngineClient> {
  const env = choice.environment ?? process.env;
  return await openEngine({ host: choice.address, context: choice.dockerContext, env, home: homedir() });
}

/** @throws what finding an engine throws */
export async function settlePlace(place: SessionPlace): Promise<SettledPlace> {
  const environment = place.environment ?? process.env;
  const home = homedir();
  const { engine } = place;
  const ownsEngine = engine === undefined || typeof engine === "string";
  return {
    engine: ownsEngine ? await connectToEngine({ address: engine, environment }) : engine,
    ownsEngine,
    environment,
    dockerConfigDir: place.dockerConfigDir ?? dockerConfigDir(environment, home),
    stateDir: resolve(place.stateDir ?? stateFolder(environment, home)),
  };
}

async function settlePlatform(
  platform: Platform | string | undefined,
  engine: EngineClient,
): Promise<Platform | undefined> {
  if (typeof platform !== "string") return platform;
  const { os, architecture } = await describeEngine(engine);
  const parsed = parsePlatform(platform, { os, architecture, variant: undefined });
  if (parsed !== undefined) return normalizePlatform(parsed);
  throw new SlipwayError("PLATFORM_UNKNOWN", `the platform ${platform} is not understood`, {
    hint: "expected OS/ARCHITECTURE[/VARIANT], like linux/arm64",
    exitCode: ExitCode.usage,
  });
}
