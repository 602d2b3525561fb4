import type { EngineClient } from "../../engine/client.ts";
import { allRegistryCredentials } from "../../engine/credentials.ts";
import { readJsonLines } from "../../engine/json-lines.ts";
import { SlipwayError } from "../../errors.ts";
import { BuildError } from "../build-error.ts";
import type { BuildListener } from "../build-events.ts";
import type { BuildOptions } from "../build-options.ts";
import type { LoadedDockerfile } from "../dockerfile-text.ts";
import { imageName } from "../image-name.ts";
import { openClassicContext } from "./context.ts";
import { type ClassicRecord, createOutputReader } from "./output-reader.ts";

interface ClassicLine {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number } | null;
  readonly error?: string;
  readonly aux?: { readonly ID?: string } | null;
}

/**
 * Builds through `POST /build`: Docker's classic builder, or Podman's own. Resolves with the image's id.
 * Errors: BuildError, BUILD_OPTION_UNSUPPORTED naming an option that only BuildKit has, CONTEXT_…, EngineError.
 */
export async function buildClassic(
  engine: EngineClient,
  options: BuildOptions,
  dockerfile: LoadedDockerfile | undefined,
  listener: BuildListener,
  signal: AbortSignal | undefined,
): Promise<string> {
  refuseBuildKitOptions(options);
  const credentials = await allRegistryCredentials({
    configDir: options.dockerConfigDir,
    env: options.environment,
    signal,
  });
  const context = await openClassicContext(options, {
    signal,
    onSkipped: (path, reason) => listener({ type: "notice", message: `${path} is left out: ${reason}` }),
  });
  // A context that can't be read ends the request; its own error says why.
  let contextFailure: Error | undefined;
  context.body?.once("error", (error) => {
    contextFailure = error;
  });
  const reader = createOutputReader(listener, dockerfile);
  let id: string | undefined;
  try {
    const { body } = await engine.request("POST", "/build", {
      query: { ...classicQuery(options), dockerfile: context.dockerfile, remote: context.remote },
      headers: credentials === undefined ? {} : { "X-Registry-Config": credentials },
      ...(context.body === undefined ? {} : { body: context.body }),
      signal,
    });
    for await (const line of readJsonLines<ClassicLine>(body)) {
      if (line.error !== undefined) throw failure(line.error, reader);
      if (line.stream !== undefined) reader.read(line.stream);
      if (line.status !== undefined) reader.transfer(line.id, line.status, line.progressDetail ?? {});
      id = line.aux?.ID ?? id;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw contextFailure ?? error;
  }
  reader.finish();
  id ??= reader.builtImage();
  if (id !== undefined) return id.includes(":") ? id : `sha256:${id}`;
  throw new SlipwayError("BUILD_WITHOUT_IMAGE", "the build ended without an image", {
    hint: "look at the engine's log: it did not tell the image's id",
  });
}

function failure(message: string, reader: ClassicRecord): BuildError {
  return new BuildError({ reason: message.trim(), ...reader.fail(message) });
}

function classicQuery(
  options: BuildOptions,
): Record<string, string | boolean | readonly string[] | object | undefined> {
  return {
    version: "1",
    t: options.tags.map(imageName),
    buildargs: options.buildArgs,
    labels: options.labels,
    target: options.target,
    networkmode: options.network,
    platform: options.platform,
    // One parameter each; Docker takes `NAME:ADDRESS` as the client's --add-host does.
    extrahosts: options.addHosts,
    nocache: options.noCache,
    pull: options.pull,
    cachefrom: options.cacheFrom.length === 0 ? undefined : JSON.stringify(options.cacheFrom),
    rm: true,
    forcerm: true,
  };
}

function refuseBuildKitOptions(options: BuildOptions): void {
  const refused = [
    ["--secret", options.secrets.length > 0],
    ["--ssh", options.sshAgents.length > 0],
    ["--build-context", Object.keys(options.contexts).length > 0],
    ["--no-cache-filter", options.noCacheFilter.length > 0],
    ["--file - with a remote context", options.context.kind === "remote" && options.dockerfile.kind === "text"],
  ].find(([, given]) => given);
  if (refused === undefined) return;
  throw new SlipwayError(
    "BUILD_OPTION_UNSUPPORTED",
    `${refused[0]} needs BuildKit, and this build runs on the classic builder`,
    {
      hint: "use a Docker engine 20.10 or newer, without DOCKER_BUILDKIT=0",
    },
  );
}
