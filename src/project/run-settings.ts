/**
 * The words of `docker run` that decide in which surroundings a container runs, read as the docker client reads them.
 * Rules: docker's reference of `docker run` (-v, -p, -e, --network, --add-host).
 */
import { isAbsolute, resolve } from "node:path";
import { ExitCode, SlipwayError } from "../errors.ts";

export interface Volume {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly type: "bind" | "volume";
}

export interface PublishedPort {
  /** `80/tcp` */
  readonly container: string;
  readonly hostIp: string | undefined;
  readonly host: string | undefined;
}

export interface RunSettings {
  readonly volumes: readonly Volume[];
  readonly ports: readonly PublishedPort[];
  readonly env: readonly string[];
  readonly extraHosts: readonly string[];
  readonly network: string | undefined;
}

export const emptyRunSettings: RunSettings = { volumes: [], ports: [], env: [], extraHosts: [], network: undefined };

export interface RunEnvironment {
  /** For relative paths of volumes. */
  readonly cwd: string;
  readonly home: string;
  /** For `-e NAME` without a value. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const OPTIONS: Readonly<Record<string, "volume" | "publish" | "env" | "network" | "add-host">> = {
  "-v": "volume",
  "--volume": "volume",
  "-p": "publish",
  "--publish": "publish",
  "-e": "env",
  "--env": "env",
  "--net": "network",
  "--network": "network",
  "--add-host": "add-host",
};

/** Throws USAGE for any other word: a setting that is not understood must not be dropped silently. */
export function parseRunArgs(words: readonly string[], surroundings: RunEnvironment): RunSettings {
  let settings = emptyRunSettings;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const [name, inline] = splitOption(word);
    const kind = OPTIONS[name];
    if (kind === undefined)
      throw usage(`${word} is not understood`, `understood are: ${Object.keys(OPTIONS).join(" ")}`);
    const value = inline ?? words[++index];
    if (value === undefined || value === "") throw usage(`${name} needs a value`);
    settings = withOption(settings, kind, value, surroundings);
  }
  return settings;
}

/** `--name=value`, `-pVALUE` or the option alone. */
function splitOption(word: string): [string, string | undefined] {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
  }
  if (!/^-[vpe]./.test(word)) return [word, undefined];
  return [word.slice(0, 2), word.slice(2).replace(/^=/, "")];
}

function withOption(
  settings: RunSettings,
  kind: (typeof OPTIONS)[string],
  value: string,
  surroundings: RunEnvironment,
): RunSettings {
  switch (kind) {
    case "volume":
      return { ...settings, volumes: [...settings.volumes, parseVolume(value, surroundings)] };
    case "publish":
      return { ...settings, ports: [...settings.ports, ...parsePort(value)] };
    case "env": {
      const pair = value.includes("=") ? value : `${value}=${surroundings.env[value] ?? ""}`;
      // As docker: a name that is not set is not passed on.
      const known = value.includes("=") || surroundings.env[value] !== undefined;
      return known ? { ...settings, env: [...settings.env, pair] } : settings;
    }
    case "network":
      return { ...settings, network: value };
    case "add-host": {
      const match = /^([^:=\s]+)[:=](.+)$/.exec(value);
      if (match === null) throw usage(`--add-host ${value}: expected NAME:ADDRESS`);
      return { ...settings, extraHosts: [...settings.extraHosts, `${match[1]}:${match[2]}`] };
    }
  }
}

/** `SOURCE:TARGET[:ro|rw]`: a source with a slash is a folder of this machine, else a volume. */
export function parseVolume(text: string, { cwd, home }: Pick<RunEnvironment, "cwd" | "home">): Volume {
  const parts = text.split(":");
  const [source, target, mode = "rw"] = parts;
  if (parts.length > 3 || !source || !target?.startsWith("/")) {
    throw usage(`-v ${text}: expected SOURCE:/TARGET or SOURCE:/TARGET:ro`);
  }
  const flags = mode.split(",");
  const unknown = flags.find((flag) => !["ro", "rw", "z", "Z"].includes(flag));
  if (unknown !== undefined) throw usage(`-v ${text}: mode ${unknown} is not understood`, "modes are ro and rw");
  const isPath = source === "~" || /^(\.|~\/)/.test(source) || isAbsolute(source);
  return {
    type: isPath ? "bind" : "volume",
    source: isPath ? resolve(cwd, source.replace(/^~(?=\/|$)/, home)) : source,
    target,
    readOnly: flags.includes("ro"),
  };
}

/** `[[IP:]HOST:]CONTAINER[/tcp|udp|sctp]`, with ranges `8000-8002:80-82`; `[::1]` for IPv6. */
export function parsePort(text: string): PublishedPort[] {
  const match = /^(?:(?:(\[[0-9a-fA-F:.]+\]|[\d.]+):)?(\d+(?:-\d+)?)?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(
    text,
  );
  if (match === null) throw usage(`-p ${text}: expected [[IP:]HOST:]CONTAINER[/tcp|udp]`);
  const [, ip, host, first, last = first, protocol = "tcp"] = match;
  const count = Number(last) - Number(first) + 1;
  const [hostFirst, hostLast = hostFirst] = host?.split("-") ?? [];
  const isRange = hostFirst !== undefined && hostFirst !== hostLast;
  const hostCount = Number(hostLast) - Number(hostFirst) + 1;
  if (count < 1 || (host !== undefined && hostCount !== count && !(isRange && count === 1))) {
    throw usage(`-p ${text}: the ranges have different lengths`);
  }
  return Array.from({ length: count }, (_, index) => ({
    container: `${Number(first) + index}/${protocol}`,
    hostIp: ip?.replace(/^\[|\]$/g, ""),
    // A range for one port: the engine takes the first free one of it.
    host: count === 1 ? host : hostFirst === undefined ? undefined : String(Number(hostFirst) + index),
  }));
}

export function mergeRunSettings(base: RunSettings, over: RunSettings): RunSettings {
  const targets = new Set(over.volumes.map((volume) => volume.target));
  const names = new Set(over.env.map(nameOf));
  return {
    volumes: [...base.volumes.filter((volume) => !targets.has(volume.target)), ...over.volumes],
    ports: [...base.ports, ...over.ports],
    env: [...base.env.filter((pair) => !names.has(nameOf(pair))), ...over.env],
    extraHosts: [...base.extraHosts, ...over.extraHosts],
    network: over.network ?? base.network,
  };
}

function nameOf(pair: string): string {
  return pair.split("=", 1)[0]!;
}

function usage(message: string, hint?: string): SlipwayError {
  return new SlipwayError("USAGE", message, { hint, exitCode: ExitCode.usage });
}
