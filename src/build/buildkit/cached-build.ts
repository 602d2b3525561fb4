import type { EngineClient } from "../../engine/client.ts";
import { BuildError } from "../build-error.ts";
import type { BuildOptions } from "../build-options.ts";
import { loadDockerfile } from "../dockerfile-text.ts";
import { buildWithBuildKit } from "./build.ts";

/**
 * A proxy with which no program can be started: the operating system ends a variable at a NUL, so that runc refuses one with it.
 * BuildKit leaves proxies out of what a step is known by in its cache: with this one, steps that the cache holds are taken
 * from there as ever, and of any other nothing is run.
 */
const unusableProxy = { HTTP_PROXY: "\0" };

/** Whether the Dockerfile speaks of proxies itself: then they are part of what its steps are known by. */
export function namesProxy(text: string): boolean {
  return /http_proxy/i.test(text);
}

/** Builds the image if the cache of the engine's BuildKit holds each RUN; else undefined, and no command was started. */
export async function buildIfCached(
  engine: EngineClient,
  options: BuildOptions,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const buildArgs = Object.fromEntries(Object.entries(options.buildArgs).filter(([name]) => !namesProxy(name)));
  const dockerfile = await loadDockerfile(options.dockerfile);
  try {
    const cached = { ...options, buildArgs: { ...buildArgs, ...unusableProxy } };
    return await buildWithBuildKit(engine, cached, dockerfile, () => {}, signal);
  } catch (error) {
    if (error instanceof BuildError && !signal?.aborted) return undefined;
    throw error;
  }
}
