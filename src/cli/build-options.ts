import { isAbsolute, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { BuildOptions, BuildSecret, ForwardedAgent } from "../build/build-options.ts";
import { locateContext, requireFolder } from "../build/locate-context.ts";
import { parseReference } from "../engine/reference.ts";
import { ExitCode, SlipwayError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/** What commander collects of the options that `build` and `hack` share. */
interface RawBuildOptions {
  readonly tag: readonly string[];
  readonly file?: string;
  readonly buildArg: readonly string[];
  readonly target?: string;
  readonly secret: readonly string[];
  readonly ssh: readonly string[];
  readonly buildContext: readonly string[];
  readonly network?: string;
  readonly platform?: string;
  readonly addHost: readonly string[];
  readonly label: readonly string[];
  readonly cache: boolean;
  /** Of `--no-cache-filter`: to commander, what begins with "no" is the negation of the rest. */
  readonly cacheFilter: readonly string[];
  readonly pull?: boolean;
  readonly cacheFrom: readonly string[];
}

/** Declares the options that say what is built and how; `parseBuildOptions` reads them. */
export function declareBuildOptions(command: Command): Command {
  const repeated = (flags: string, description: string) =>
    command.addOption(new Option(flags, `${description}; repeatable`).argParser(collect).default([], "none"));
  command.option("-f, --file <path>", "Dockerfile, `-` for standard input (default: PATH/Dockerfile)");
  repeated("-t, --tag <name>", "name of the image: NAME[:TAG]");
  repeated("--build-arg <name[=value]>", "set a build argument; NAME alone takes it from the environment");
  command.option("--target <stage>", "stage to build (default: the last)");
  repeated("--secret <id=…,src=…>", "secret for RUN --mount=type=secret: id=ID,src=FILE or id=ID,env=NAME");
  repeated(
    "--ssh <default|id[=socket]>",
    "forward an ssh agent to RUN --mount=type=ssh (default socket: SSH_AUTH_SOCK)",
  );
  repeated(
    "--build-context <name=value>",
    "further context for COPY --from=NAME and FROM NAME: folder, URL, docker-image://REF",
  );
  command
    .option("--network <mode>", "network of RUN instructions: default, none, host")
    .option("--platform <platform>", "platform to build for: OS/ARCHITECTURE[/VARIANT]");
  repeated("--add-host <name:address>", "further entry of /etc/hosts while building; the address may be host-gateway");
  repeated("--label <key=value>", "label of the image");
  command.option("--no-cache", "run every step");
  repeated("--no-cache-filter <stage>", "run every step of a stage");
  command.option("--pull", "fetch the base images even when they are there");
  repeated(
    "--cache-from <image|type=session>",
    "image to take cached steps from, or type=session[,id=ID]: what a session did of this very build (docs/cache.md)",
  );
  return command;
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** `place` is a folder, a URL or `-`. Errors: USAGE with the option at fault, CONTEXT_MISSING, REFERENCE_INVALID. */
export async function parseBuildOptions(command: Command, context: CliContext, place: string): Promise<BuildOptions> {
  const raw = command.opts<RawBuildOptions>();
  const { env, cwd } = context;
  for (const tag of raw.tag) parseReference(tag);
  return {
    ...(await locateContext(place, raw.file, { cwd, stdin: context.stdin })),
    tags: raw.tag,
    buildArgs: parseBuildArgs(raw.buildArg, env),
    target: raw.target,
    secrets: raw.secret.map((text) => parseSecret(text, context)),
    sshAgents: raw.ssh.map((text) => parseAgent(text, context)),
    contexts: await parseNamedContexts(raw.buildContext, cwd),
    network: raw.network,
    platform: parsePlatform(raw.platform ?? (env.DOCKER_DEFAULT_PLATFORM || undefined)),
    addHosts: raw.addHost.map(parseHost),
    labels: Object.fromEntries(raw.label.map(parseLabel)),
    noCache: !raw.cache,
    noCacheFilter: raw.cacheFilter.flatMap((stages) => stages.split(",")),
    pull: raw.pull === true,
    cacheFrom: raw.cacheFrom.filter((text) => !isSession(text)).map((text) => text.replace(/^type=registry,ref=/, "")),
    environment: env,
    dockerConfigDir: env.DOCKER_CONFIG || join(context.home, ".docker"),
    builder: parseBuilder(env.DOCKER_BUILDKIT),
  };
}

/** What `--cache-from type=session[,id=ID]` names; undefined where it is not given. Error USAGE. */
export function parseSessionCache(command: Command): { readonly id: string | undefined } | undefined {
  const raw = command.opts<RawBuildOptions>();
  const given = raw.cacheFrom.filter(isSession);
  const [text] = given;
  if (text === undefined) return undefined;
  if (given.length > 1) throw usage("--cache-from", given.join(" "), "one session can be named");
  if (!raw.cache) throw usage("--cache-from", text, "--no-cache says that nothing is to be taken from a cache");
  return { id: parseFields("--cache-from", text, new Set(["type", "id"])).get("id") };
}

function isSession(text: string): boolean {
  return /^type=session(,|$)/.test(text);
}

/** As docker: a NAME that the environment does not have is left out, so that the Dockerfile's default holds. */
function parseBuildArgs(texts: readonly string[], env: CliContext["env"]): Record<string, string> {
  const args: Record<string, string> = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === "") throw usage("--build-arg", text, "expected NAME=VALUE or NAME");
    const value = equals < 0 ? env[name] : text.slice(equals + 1);
    if (value !== undefined) args[name] = value;
  }
  return args;
}

const secretFields = new Set(["id", "src", "source", "env", "type"]);

function parseSecret(text: string, { cwd, env }: CliContext): BuildSecret {
  const fields = parseFields("--secret", text, secretFields);
  const id = fields.get("id");
  if (!id) throw usage("--secret", text, "it needs id=ID");
  const source = fields.get("src") ?? fields.get("source");
  const type = fields.get("type");
  if (type !== undefined && type !== "file" && type !== "env") throw usage("--secret", text, "type is file or env");
  const variable = fields.get("env") ?? (type === "env" ? (source ?? id) : undefined);
  if (variable !== undefined) return { id, source: { env: variable } };
  if (source !== undefined) return { id, source: { file: resolve(cwd, source) } };
  // As docker: the id alone is the name of a variable, or else of a file.
  return { id, source: env[id] === undefined ? { file: resolve(cwd, id) } : { env: id } };
}

function parseFields(option: string, text: string, known: ReadonlySet<string>): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of text.split(",")) {
    const equals = field.indexOf("=");
    const key = field.slice(0, Math.max(equals, 0)).toLowerCase();
    if (!known.has(key))
      throw usage(option, text, `expected ${[...known].join("=, ")}=, found ${JSON.stringify(field)}`);
    fields.set(key, field.slice(equals + 1));
  }
  return fields;
}

function parseAgent(text: string, { cwd, env }: CliContext): ForwardedAgent {
  const equals = text.indexOf("=");
  const id = equals < 0 ? text : text.slice(0, equals);
  const given = equals < 0 ? undefined : text.slice(equals + 1);
  if (id === "" || given === "") throw usage("--ssh", text, "expected default, ID or ID=SOCKET");
  if (given !== undefined) return { id, socket: resolve(cwd, given) };
  const socket = env.SSH_AUTH_SOCK;
  if (!socket)
    throw usage(
      "--ssh",
      text,
      "SSH_AUTH_SOCK is not set",
      "start an agent (`eval $(ssh-agent)`, `ssh-add`), or give its socket: --ssh ID=SOCKET",
    );
  return { id, socket };
}

async function parseNamedContexts(texts: readonly string[], cwd: string): Promise<Record<string, string>> {
  const contexts = texts.map((text) => parseNamedContext(text, cwd));
  for (const [, value] of contexts) if (isAbsolute(value)) await requireFolder(value);
  return Object.fromEntries(contexts);
}

function parseNamedContext(text: string, cwd: string): [string, string] {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(equals, 0));
  const value = text.slice(equals + 1);
  if (name === "" || value === "")
    throw usage("--build-context", text, "expected NAME=FOLDER, NAME=URL or NAME=docker-image://REF");
  if (/^oci-layout:\/\//.test(value)) {
    throw usage(
      "--build-context",
      text,
      "a folder in OCI layout can't be a context here",
      "load it into the engine and name the image: docker-image://REF",
    );
  }
  const remote = value.includes("://") || value.startsWith("git@");
  return [name, remote ? value : resolve(cwd, value)];
}

function parsePlatform(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text.includes(","))
    throw usage("--platform", text, "one image has one platform", "build each platform with a command of its own");
  if (!/^[a-z0-9]+(\/[a-z0-9_]+){0,2}$/i.test(text))
    throw usage("--platform", text, "expected OS/ARCHITECTURE[/VARIANT], like linux/arm64");
  return text;
}

function parseHost(text: string): string {
  const match = /^([^:=\s]+)[:=]\[?([0-9a-fA-F.:]+|host-gateway)\]?$/.exec(text);
  if (match === null) throw usage("--add-host", text, "expected NAME:ADDRESS, like db:10.0.0.3");
  return `${match[1]}:${match[2]}`;
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** The docker client's own switch between its builders. */
function parseBuilder(text: string | undefined): BuildOptions["builder"] {
  if (text === undefined || text === "") return undefined;
  return /^(0|f|false)$/i.test(text) ? "classic" : "buildkit";
}

function usage(option: string, value: string, why: string, hint?: string): SlipwayError {
  return new SlipwayError("USAGE", `${option} ${value}: ${why}`, { exitCode: ExitCode.usage, hint });
}
