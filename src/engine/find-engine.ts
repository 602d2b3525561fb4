import { join } from "node:path";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import { connectEngine, type EngineClient } from "./client.ts";
import { UnreachableError } from "./connection-error.ts";
import { dockerConfigDir, type Environment, readDockerConfig } from "./docker-config.ts";
import { readContext, readEnvironmentTls } from "./docker-context.ts";
import { type Endpoint, parseEndpoint, unixEndpoint } from "./endpoint.ts";
import { runningPrivateEngine } from "./private-engine.ts";

export interface FindOptions {
  /** `--host` */
  readonly host?: string | undefined;
  /** `--context` */
  readonly context?: string | undefined;
  readonly env: Environment;
  readonly home: string;
  readonly signal?: AbortSignal | undefined;
}

/** An address, and who named it: it is the only one tried when a person did. */
export interface Candidate {
  readonly endpoint: Endpoint;
  /** `--host`, `DOCKER_HOST`, `context remote`, `default socket`… */
  readonly source: string;
  readonly named: "by-option" | "by-environment" | "by-config" | "by-nobody";
}

export interface FoundEngine {
  readonly engine: EngineClient;
  readonly candidate: Candidate;
}

/** Nobody named an address that answers; `slipway engine start` can help. */
export class NoEngineError extends SlipwayError {
  override readonly name = "NoEngineError";
}

/** A client that has spoken with its engine. Errors: see `locateEngine`. */
export async function findEngine(options: FindOptions): Promise<EngineClient> {
  return (await locateEngine(options)).engine;
}

/**
 * The first engine that answers. An address that was named is the only one tried; else the usual sockets are, in order.
 * Errors: ENGINE_UNREACHABLE (what was tried, and why each failed), ENGINE_TOO_OLD, ENGINE_ADDRESS_INVALID,
 * CONTEXT_UNKNOWN, TLS_MATERIAL_MISSING, DOCKER_CONFIG_INVALID.
 */
export async function locateEngine(options: FindOptions): Promise<FoundEngine> {
  const named = await namedCandidate(options);
  if (named !== undefined) return { engine: await connectNamed(named, options.signal), candidate: named };
  const failures: { candidate: Candidate; error: SlipwayError }[] = [];
  for (const candidate of await usualCandidates(options)) {
    try {
      return { engine: await connect(candidate.endpoint, options.signal), candidate };
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      failures.push({ candidate, error });
    }
  }
  throw nothingAnswers(failures);
}

/** In the docker client's order (cli/command/cli.go, resolveContextName): an option, DOCKER_HOST, a context. */
export async function namedCandidate({ host, context, env, home }: FindOptions): Promise<Candidate | undefined> {
  if (host !== undefined && context !== undefined)
    throw new SlipwayError("ENGINE_OPTIONS_CONFLICT", "--host and --context both name an engine", {
      hint: "give one of them",
      exitCode: ExitCode.usage,
    });
  const configDir = dockerConfigDir(env, home);
  const parse = async (address: string) => parseEndpoint(address, await readEnvironmentTls(env, configDir));
  if (host !== undefined) return { endpoint: await parse(host), source: "--host", named: "by-option" };
  if (context !== undefined && context !== "default")
    return { endpoint: await readContext(configDir, context), source: `--context ${context}`, named: "by-option" };
  if (env.DOCKER_HOST)
    return { endpoint: await parse(env.DOCKER_HOST), source: "DOCKER_HOST", named: "by-environment" };
  if (context === "default") return undefined;
  if (env.DOCKER_CONTEXT === "default") return undefined;
  if (env.DOCKER_CONTEXT)
    return {
      endpoint: await readContext(configDir, env.DOCKER_CONTEXT),
      source: `DOCKER_CONTEXT ${env.DOCKER_CONTEXT}`,
      named: "by-environment",
    };
  if (env.SLIPWAY_ENGINE === "private") {
    const endpoint = await runningPrivateEngine(env, home);
    if (endpoint !== undefined) return { endpoint, source: "SLIPWAY_ENGINE", named: "by-environment" };
  }
  const { currentContext, path } = await readDockerConfig(configDir);
  if (currentContext === undefined || currentContext === "default") return undefined;
  return {
    endpoint: await readContext(configDir, currentContext),
    source: `context ${currentContext} (${path})`,
    named: "by-config",
  };
}

async function usualCandidates({ env, home }: FindOptions): Promise<readonly Candidate[]> {
  const sockets: [string, string][] = [["/var/run/docker.sock", "default socket"]];
  if (env.XDG_RUNTIME_DIR) {
    sockets.push([join(env.XDG_RUNTIME_DIR, "docker.sock"), "rootless Docker"]);
    sockets.push([join(env.XDG_RUNTIME_DIR, "podman/podman.sock"), "rootless Podman"]);
  }
  sockets.push(["/run/podman/podman.sock", "Podman"]);
  const candidates = sockets.map(([path, source]): Candidate => {
    return { endpoint: unixEndpoint(path), source, named: "by-nobody" };
  });
  const own = await runningPrivateEngine(env, home);
  return own === undefined
    ? candidates
    : [...candidates, { endpoint: own, source: "private engine", named: "by-nobody" }];
}

async function connect(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<EngineClient> {
  const engine = connectEngine(endpoint);
  try {
    await engine.apiVersion({ signal });
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Adds to a failure who named the address: that is what must be corrected. */
async function connectNamed({ endpoint, source }: Candidate, signal: AbortSignal | undefined): Promise<EngineClient> {
  try {
    return await connect(endpoint, signal);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const { code, hint, exitCode } = error;
    throw new SlipwayError(code, `${error.message} (address from ${source})`, { hint, exitCode, cause: error });
  }
}

function nothingAnswers(failures: readonly { candidate: Candidate; error: SlipwayError }[]): NoEngineError {
  const tried = failures.map(({ candidate, error }) => {
    const reason = error instanceof UnreachableError ? error.reason : messageOf(error);
    return `  ${candidate.endpoint.url} (${candidate.source}): ${reason}`;
  });
  // An engine that is there and closed to us wants to be opened, not replaced.
  const closed = failures.find(({ error }) => error instanceof UnreachableError && error.denied);
  return new NoEngineError("ENGINE_UNREACHABLE", ["no container engine answers; tried:", ...tried].join("\n"), {
    hint:
      closed?.error.hint ?? "start one of your own with `slipway engine start`, or name one with --host or DOCKER_HOST",
    exitCode: ExitCode.engine,
    cause: failures[0]?.error,
  });
}
