import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the docker client's config.json says to us. */
export interface DockerConfig {
  /** The file, whether it exists or not. */
  readonly path: string;
  readonly currentContext: string | undefined;
  /** By registry, as `docker login` writes them. */
  readonly auths: Readonly<Record<string, AuthEntry>>;
  /** Name of a helper for all registries: `docker-credential-NAME`. */
  readonly credsStore: string | undefined;
  /** Helpers of single registries. */
  readonly credHelpers: Readonly<Record<string, string>>;
}

export interface AuthEntry {
  /** base64 of `user:password` */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export function dockerConfigDir(env: Environment, home: string): string {
  return env.DOCKER_CONFIG || join(home, ".docker");
}

/** A missing file is an empty configuration; one that cannot be read or understood is DOCKER_CONFIG_INVALID. */
export async function readDockerConfig(directory: string): Promise<DockerConfig> {
  const path = join(directory, "config.json");
  const json = await readConfigFile(path);
  return {
    path,
    currentContext: stringOf(json.currentContext),
    auths: (json.auths ?? {}) as DockerConfig["auths"],
    credsStore: stringOf(json.credsStore),
    credHelpers: (json.credHelpers ?? {}) as DockerConfig["credHelpers"],
  };
}

async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("expected a JSON object");
    return json as Record<string, unknown>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new SlipwayError("DOCKER_CONFIG_INVALID", `cannot read ${path}: ${messageOf(cause)}`, {
      hint: "mend the file, or point DOCKER_CONFIG to another folder",
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
