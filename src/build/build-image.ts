import type { EngineClient } from "../engine/client.ts";
import { describeEngine } from "../engine/info.ts";
import type { BuildListener } from "./build-events.ts";
import type { BuildOptions } from "./build-options.ts";
import { loadDockerfile } from "./dockerfile-text.ts";

/**
 * Builds an image: on the engine's BuildKit, on its classic builder where it has none. Resolves with the image's id (`sha256:…`).
 * Nothing is sent before the Dockerfile, the secrets and the options were found good; aborting cancels the build on the engine.
 * Errors: DOCKERFILE_MISSING, DockerfileError, BuildError (BUILD_FAILED), BUILD_OPTION_UNSUPPORTED, SECRET_…, CONTEXT_…, EngineError.
 */
export async function buildImage(
  engine: EngineClient,
  options: BuildOptions,
  listener: BuildListener,
  signal?: AbortSignal,
): Promise<{ readonly imageId: string }> {
  const dockerfile = await loadDockerfile(options.dockerfile);
  const { builder, reason } = await chooseBuilder(engine, options, signal);
  listener({ type: "builder", builder, reason });
  // Loaded late: the other commands, and the other builder, need neither.
  if (builder === "classic") {
    const { buildClassic } = await import("./classic/build.ts");
    return { imageId: await buildClassic(engine, options, dockerfile, listener, signal) };
  }
  const { buildWithBuildKit } = await import("./buildkit/build.ts");
  return { imageId: await buildWithBuildKit(engine, options, dockerfile, listener, signal) };
}

async function chooseBuilder(
  engine: EngineClient,
  options: BuildOptions,
  signal: AbortSignal | undefined,
): Promise<{ builder: "buildkit" | "classic"; reason: string | undefined }> {
  if (options.builder !== undefined) return { builder: options.builder, reason: "DOCKER_BUILDKIT says so" };
  const { name, version, buildkit } = await describeEngine(engine, { signal });
  if (buildkit) return { builder: "buildkit", reason: undefined };
  return { builder: "classic", reason: `${name} ${version} has no BuildKit` };
}
