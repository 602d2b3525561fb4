import { execa } from "execa";
import { ExitCode, SlipwayError } from "../errors.ts";
import { type AuthEntry, type DockerConfig, readDockerConfig } from "./docker-config.ts";
import { parseReference } from "./reference.ts";

/** The key under which `docker login` keeps Docker Hub; other registries are kept by their host. */
const hubKey = "https://index.docker.io/v1/";

/** As the Engine API's AuthConfig has them. */
interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
  readonly serveraddress: string;
}

export interface CredentialOptions {
  /** The docker client's folder: see `dockerConfigDir`. */
  readonly configDir: string;
  /** Where the helpers are looked for. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The value of X-Registry-Auth for pulling or pushing `reference`; undefined when the docker client has no credentials
 * for its registry. Errors: CREDENTIAL_HELPER_FAILED, DOCKER_CONFIG_INVALID, REFERENCE_INVALID.
 */
export async function registryCredentials(reference: string, options: CredentialOptions): Promise<string | undefined> {
  const { registry } = parseReference(reference);
  const key = registry === "docker.io" ? hubKey : registry;
  const auth = await findAuth(await readDockerConfig(options.configDir), key, options);
  return auth && encodeHeader(auth);
}

/** The value of X-Registry-Config, for a build: the credentials of every registry that the docker client knows. */
export async function allRegistryCredentials(options: CredentialOptions): Promise<string | undefined> {
  const config = await readDockerConfig(options.configDir);
  const keys = new Set([...Object.keys(config.auths), ...Object.keys(config.credHelpers)]);
  if (config.credsStore !== undefined) for (const key of await listHelper(config.credsStore, options)) keys.add(key);
  const found = await Promise.all([...keys].map(async (key) => [key, await findAuth(config, key, options)] as const));
  const known = found.filter(([, auth]) => auth !== undefined);
  return known.length === 0 ? undefined : encodeHeader(Object.fromEntries(known));
}

/** A helper of the registry's own comes before the common one, that before the file: as in docker/cli's configfile. */
async function findAuth(
  config: DockerConfig,
  key: string,
  options: CredentialOptions,
): Promise<AuthConfig | undefined> {
  const helper = config.credHelpers[key] ?? config.credsStore;
  const fromHelper = helper === undefined ? undefined : await askHelper(helper, key, options);
  if (fromHelper !== undefined) return fromHelper;
  const entry = config.auths[key] ?? Object.entries(config.auths).find(([other]) => hostOf(other) === hostOf(key))?.[1];
  return entry && parseEntry(entry, key);
}

/** Old files have keys like `https://registry.example.org/v1/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function parseEntry(entry: AuthEntry, serveraddress: string): AuthConfig | undefined {
  const { identitytoken, registrytoken } = entry;
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(entry.auth ?? "", "base64").toString()) ?? [];
  const username = entry.username ?? user;
  // Files written by other programs pad the password with NULs.
  const secret = entry.password ?? password?.replace(/\0+$/, "");
  if (!username && !identitytoken && !registrytoken) return undefined;
  return {
    ...(username ? { username } : {}),
    ...(identitytoken ? { identitytoken } : secret ? { password: secret } : {}),
    ...(registrytoken ? { registrytoken } : {}),
    serveraddress,
  };
}

/** The protocol of docker-credential-helpers: the registry on standard input, JSON on standard output. */
async function askHelper(helper: string, key: string, options: CredentialOptions): Promise<AuthConfig | undefined> {
  const result = await runHelper(helper, "get", key, options);
  if (result.failed) {
    if (/credentials not found/i.test(`${result.stdout}${result.stderr}`)) return undefined;
    throw helperError(helper, key, result);
  }
  const { Username, Secret } = parseHelperAnswer<{ Username?: string; Secret?: string }>(helper, key, result.stdout);
  // What the helpers answer for an identity token.
  if (Username === "<token>") return { identitytoken: Secret ?? "", serveraddress: key };
  return { username: Username ?? "", password: Secret ?? "", serveraddress: key };
}

async function listHelper(helper: string, options: CredentialOptions): Promise<string[]> {
  const result = await runHelper(helper, "list", "", options);
  if (result.failed) throw helperError(helper, "list", result);
  return Object.keys(parseHelperAnswer<Record<string, string>>(helper, "list", result.stdout));
}

async function runHelper(helper: string, verb: "get" | "list", input: string, { env, signal }: CredentialOptions) {
  return await execa(`docker-credential-${helper}`, [verb], {
    input,
    reject: false,
    ...(env === undefined ? {} : { env, extendEnv: false }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
}

function parseHelperAnswer<T>(helper: string, key: string, answer: string): T {
  try {
    return JSON.parse(answer) as T;
  } catch {
    // Neither the answer nor the parser's excerpt of it is told: it may contain the secret.
    throw helperError(helper, key, { stdout: "its answer is no JSON", stderr: "" });
  }
}

function helperError(
  helper: string,
  key: string,
  result: { stdout: string; stderr: string; code?: string | undefined },
): SlipwayError {
  const program = `docker-credential-${helper}`;
  const said = result.code === "ENOENT" ? "not found in PATH" : result.stderr.trim() || result.stdout.trim();
  return new SlipwayError("CREDENTIAL_HELPER_FAILED", `${program} failed for ${key}: ${said || "it said nothing"}`, {
    hint: "install or mend it, or take it out of the docker client's config.json (credsStore, credHelpers)",
    exitCode: ExitCode.engine,
  });
}

/** Base64 in the alphabet for URLs, padded, as Go's URLEncoding reads it. */
function encodeHeader(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
