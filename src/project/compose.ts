import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import { interpolate } from "./interpolate.ts";
import {
  type PublishedPort,
  parsePort,
  parseVolume,
  type RunEnvironment,
  type RunSettings,
  type Volume,
} from "./run-settings.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const stringMap = z.union([z.array(z.string()), z.record(z.string(), scalar)]);

/** What a session takes of a service; the Compose specification's other keys are for the build or for running it in production. */
const serviceSchema = z.object({
  environment: stringMap.optional(),
  env_file: z
    .union([
      z.string(),
      z.array(z.union([z.string(), z.object({ path: z.string(), required: z.boolean().optional() })])),
    ])
    .optional(),
  volumes: z
    .array(
      z.union([
        z.string(),
        z.object({
          type: z.string(),
          source: z.string().optional(),
          target: z.string(),
          read_only: z.boolean().optional(),
        }),
      ]),
    )
    .optional(),
  ports: z
    .array(
      z.union([
        z.string(),
        z.number(),
        z.object({
          target: z.union([z.number(), z.string()]),
          published: z.union([z.number(), z.string()]).optional(),
          host_ip: z.string().optional(),
          protocol: z.string().optional(),
        }),
      ]),
    )
    .optional(),
  extra_hosts: stringMap.optional(),
  network_mode: z.string().optional(),
});

const composeSchema = z.object({
  name: z.string().optional(),
  services: z.record(z.string(), z.unknown()),
  volumes: z
    .record(z.string(), z.object({ name: z.string().optional(), external: z.boolean().optional() }).nullable())
    .optional(),
});

type Service = z.infer<typeof serviceSchema>;
type ComposeFile = z.infer<typeof composeSchema>;

/**
 * Volumes, ports, environment and hosts of a service of a compose file. Without a name: the only service there is.
 * Rules: the Compose specification. Errors: COMPOSE_INVALID with file and place, SERVICE_UNKNOWN.
 */
export async function readComposeService(
  path: string,
  service: string | undefined,
  surroundings: RunEnvironment,
): Promise<RunSettings> {
  const file = checked(path, composeSchema, await readYaml(path, surroundings.env), "");
  const name = chooseService(path, Object.keys(file.services), service);
  const chosen = checked(path, serviceSchema, file.services[name], `services.${name}.`);
  const folder = { ...surroundings, cwd: dirname(path) };
  const fromFiles = await Promise.all(envFilesOf(chosen).map((each) => readEnvFile(folder.cwd, each)));
  const own = pairsOf(chosen.environment).flatMap(([key, value]) => {
    // As compose: a name without a value is taken from the environment, or is not there.
    const known = value ?? surroundings.env[key];
    return known === undefined ? [] : [`${key}=${known}`];
  });
  const replaced = new Set(own.map((pair) => pair.split("=", 1)[0]));
  return {
    volumes: (chosen.volumes ?? []).map((volume) => volumeOf(path, file, volume, folder)),
    ports: (chosen.ports ?? []).flatMap(portsOf),
    env: [...fromFiles.flat().filter((pair) => !replaced.has(pair.split("=", 1)[0])), ...own],
    extraHosts: pairsOf(chosen.extra_hosts, /[:=]/).map(([host, address]) => `${host}:${address ?? ""}`),
    network: chosen.network_mode,
  };
}

async function readYaml(path: string, env: RunEnvironment["env"]): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw invalid(path, messageOf(cause), cause);
  }
  const document = parseDocument(text, { merge: true });
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw invalid(`${path}:${problem.linePos?.[0].line ?? 1}`, problem.message.split("\n", 1)[0]!, problem);
  }
  return interpolateAll(document.toJS(), (word) => {
    try {
      return interpolate(word, env);
    } catch (cause) {
      throw invalid(path, messageOf(cause), cause);
    }
  });
}

function interpolateAll(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((item) => interpolateAll(item, replace));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolateAll(item, replace)]));
}

function checked<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  value: unknown,
  prefix: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(path, `${prefix}${issue!.path.join(".")}: ${issue!.message}`, result.error);
}

function chooseService(path: string, names: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  if (wanted === undefined && names.length === 1) return names[0]!;
  const message =
    wanted === undefined ? `${path} has ${names.length} services` : `${path} has no service ${JSON.stringify(wanted)}`;
  throw new SlipwayError("SERVICE_UNKNOWN", message, {
    hint: `choose with --service: ${names.join(", ")}`,
    exitCode: ExitCode.usage,
  });
}

/** A map, or a list of `key=value`. */
function pairsOf(value: Service["environment"], separator = /=/): [string, string | undefined][] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    return Object.entries(value).map(([key, item]) => [key, item === null ? undefined : String(item)]);
  }
  return value.map((item) => {
    const index = item.search(separator);
    return index < 0 ? [item, undefined] : [item.slice(0, index), item.slice(index + 1)];
  });
}

function envFilesOf(service: Service): { path: string; required: boolean }[] {
  const files = typeof service.env_file === "string" ? [service.env_file] : (service.env_file ?? []);
  return files.map((file) => {
    return typeof file === "string"
      ? { path: file, required: true }
      : { path: file.path, required: file.required ?? true };
  });
}

async function readEnvFile(folder: string, { path, required }: { path: string; required: boolean }): Promise<string[]> {
  const { parseEnv } = await import("node:util");
  try {
    return Object.entries(parseEnv(await readFile(resolve(folder, path), "utf8"))).map(
      ([key, value]) => `${key}=${value}`,
    );
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw invalid(resolve(folder, path), messageOf(error), error);
  }
}

function volumeOf(
  path: string,
  file: ComposeFile,
  volume: NonNullable<Service["volumes"]>[number],
  folder: RunEnvironment,
): Volume {
  const parsed = typeof volume === "string" ? parseVolume(volume, folder) : longVolume(path, volume, folder);
  if (parsed.type === "bind") return parsed;
  const declared = file.volumes?.[parsed.source];
  // Compose names a project's volumes PROJECT_VOLUME unless they say otherwise.
  const project =
    file.name ??
    basename(folder.cwd)
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, "");
  const name = declared?.name ?? (declared?.external === true ? parsed.source : `${project}_${parsed.source}`);
  return { ...parsed, source: name };
}

function longVolume(
  path: string,
  volume: Exclude<NonNullable<Service["volumes"]>[number], string>,
  { cwd, home }: RunEnvironment,
): Volume {
  if ((volume.type !== "bind" && volume.type !== "volume") || volume.source === undefined) {
    throw invalid(path, `a volume for ${volume.target} of type ${volume.type} is not understood`, undefined, {
      hint: "a session takes volumes of type bind and volume, with a source",
    });
  }
  const source = volume.type === "bind" ? resolve(cwd, volume.source.replace(/^~(?=\/|$)/, home)) : volume.source;
  return { type: volume.type, source, target: volume.target, readOnly: volume.read_only === true };
}

function portsOf(port: NonNullable<Service["ports"]>[number]): PublishedPort[] {
  if (typeof port !== "object") return parsePort(String(port));
  const { target, published, host_ip: hostIp, protocol = "tcp" } = port;
  const host = published === undefined ? undefined : String(published);
  return [{ container: `${target}/${protocol}`, hostIp, host }];
}

function invalid(place: string, message: string, cause: unknown, options: { hint?: string } = {}): SlipwayError {
  return new SlipwayError("COMPOSE_INVALID", `${place}: ${message}`, { ...options, exitCode: ExitCode.usage, cause });
}
