import { dialectOfDocker } from "../dockerfile/dialect.ts";
import type { PlanOptions } from "../dockerfile/plan-types.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { SessionOptions } from "./types.ts";

/** How the stages of a Dockerfile are to be understood on this engine. */
export function planOptionsOf(
  { os, architecture, version }: Pick<EngineInfo, "os" | "architecture" | "version">,
  options: Pick<SessionOptions, "dockerfilePath" | "target" | "buildArgs" | "platform" | "contexts">,
): PlanOptions {
  const enginePlatform = { os, architecture, variant: undefined };
  return {
    file: options.dockerfilePath,
    target: options.target,
    buildArgs: options.buildArgs,
    targetPlatform: options.platform ?? enginePlatform,
    buildPlatform: enginePlatform,
    contexts: Object.keys(options.contexts),
    dialect: dialectOfDocker(version),
  };
}
