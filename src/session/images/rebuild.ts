import type { BuildOptions } from "../../build/build-options.ts";
import { printPlatform } from "../../engine/images.ts";
import type { SessionCore } from "../core.ts";

/** The session's own build as the engine's builder is told of it: the Dockerfile on disk, no tags. */
export function rebuildOptions({ options }: Pick<SessionCore, "options">): BuildOptions {
  return {
    context: { kind: "folder", path: options.context },
    dockerfile: { kind: "file", path: options.dockerfilePath },
    tags: [],
    buildArgs: options.buildArgs,
    target: undefined,
    secrets: options.secrets,
    sshAgents: options.sshAgents,
    contexts: options.contexts,
    network: options.network,
    platform: options.platform && printPlatform(options.platform),
    addHosts: options.addHosts,
    labels: {},
    noCache: false,
    noCacheFilter: [],
    pull: false,
    cacheFrom: [],
    environment: options.environment,
    dockerConfigDir: options.dockerConfigDir,
    builder: undefined,
  };
}
