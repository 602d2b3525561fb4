import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import type { Environment } from "./docker-config.ts";
import { type Endpoint, parseEndpoint, type TlsMaterial } from "./endpoint.ts";

interface ContextJson {
  readonly Name?: string;
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

/**
 * The endpoint of a context that `docker context create` made: metadata and TLS files lie in folders named by the
 * SHA-256 of its name. Errors: CONTEXT_UNKNOWN, CONTEXT_INVALID.
 */
export async function readContext(configDir: string, name: string): Promise<Endpoint> {
  const folder = createHash("sha256").update(name).digest("hex");
  const path = join(configDir, "contexts", "meta", folder, "meta.json");
  const text = await readIfExists(path);
  if (text === undefined) throw await unknownContext(configDir, name);
  const docker = parseContext(name, path, text).Endpoints?.docker;
  if (docker?.Host === undefined || docker.Host === "")
    throw new SlipwayError("CONTEXT_INVALID", `the context ${JSON.stringify(name)} names no engine (${path})`, {
      hint: `look at it with \`docker context inspect ${name}\``,
      exitCode: ExitCode.usage,
    });
  const tls = await readTlsFolder(join(configDir, "contexts", "tls", folder, "docker"), docker.SkipTLSVerify !== true);
  const hasTls = tls.ca !== undefined || tls.cert !== undefined || !tls.verify;
  return parseEndpoint(docker.Host, hasTls ? tls : undefined);
}

function parseContext(name: string, path: string, text: string): ContextJson {
  try {
    return JSON.parse(text) as ContextJson;
  } catch (cause) {
    throw new SlipwayError("CONTEXT_INVALID", `cannot read the context ${name}: ${path}: ${messageOf(cause)}`, {
      hint: `make it again: \`docker context rm ${name}\` and \`docker context create\``,
      exitCode: ExitCode.usage,
      cause,
    });
  }
}

async function unknownContext(configDir: string, name: string): Promise<SlipwayError> {
  const known = ["default", ...(await listContexts(configDir))];
  return new SlipwayError("CONTEXT_UNKNOWN", `no docker context is named ${JSON.stringify(name)}`, {
    hint: `there are: ${known.join(", ")} (in ${join(configDir, "contexts")})`,
    exitCode: ExitCode.usage,
  });
}

async function listContexts(configDir: string): Promise<string[]> {
  const meta = join(configDir, "contexts", "meta");
  const folders = await readdir(meta).catch(() => []);
  const texts = await Promise.all(folders.map((folder) => readIfExists(join(meta, folder, "meta.json"))));
  return texts.flatMap((text) => /"Name"\s*:\s*"([^"]+)"/.exec(text ?? "")?.[1] ?? []).sort();
}

/**
 * TLS as the docker client's environment asks for it: DOCKER_TLS_VERIFY (verified), DOCKER_TLS (any certificate), with
 * ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH or in the client's own folder. Errors: TLS_MATERIAL_MISSING.
 */
export async function readEnvironmentTls(env: Environment, configDir: string): Promise<TlsMaterial | undefined> {
  const verify = Boolean(env.DOCKER_TLS_VERIFY);
  if (!verify && !env.DOCKER_TLS) return undefined;
  const folder = env.DOCKER_CERT_PATH || configDir;
  const tls = await readTlsFolder(folder, verify);
  const missing = [
    ...(verify && tls.ca === undefined ? ["ca.pem"] : []),
    ...(tls.cert === undefined && tls.key !== undefined ? ["cert.pem"] : []),
    ...(tls.key === undefined && tls.cert !== undefined ? ["key.pem"] : []),
  ];
  if (missing.length > 0)
    throw new SlipwayError("TLS_MATERIAL_MISSING", `${missing.join(" and ")} missing in ${folder}`, {
      hint: "point DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem, or unset DOCKER_TLS_VERIFY",
      exitCode: ExitCode.usage,
    });
  return tls;
}

async function readTlsFolder(folder: string, verify: boolean): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((file) => readIfExists(join(folder, file))),
  );
  return { ca, cert, key, verify };
}

async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new SlipwayError("DOCKER_CONFIG_INVALID", `cannot read ${path}: ${messageOf(cause)}`, {
      hint: "make the file readable for yourself",
      exitCode: ExitCode.usage,
      cause,
    });
  }
}
