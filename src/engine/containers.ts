import type { Readable } from "node:stream";
import { type EngineClient, EngineError, isNotFound } from "./client.ts";
import {
  type ContainerJson,
  type ListedContainerJson,
  parseContainer,
  parseListedContainer,
} from "./container-json.ts";
import { type ContainerSpec, printContainerSpec } from "./container-spec.ts";
import { type ByteStream, pathPart } from "./request.ts";

export type { ContainerSpec, MountSpec, PortSpec } from "./container-spec.ts";
export { attachContainer, type ContainerStream, containerLogs, resizeContainer } from "./container-streams.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export interface PublishedPort {
  /** `80/tcp` */
  readonly container: string;
  /** Undefined where it is exposed only. */
  readonly hostIp: string | undefined;
  readonly host: number | undefined;
}

export interface Container {
  readonly id: string;
  /** Without the slash that the API puts before it. */
  readonly name: string;
  readonly created: Date;
  readonly image: string;
  readonly imageId: string;
  readonly command: readonly string[];
  readonly state: {
    readonly status: ContainerStatus;
    /** 0 while it runs. */
    readonly exitCode: number;
    /** On the engine's machine; 0 when it does not run. */
    readonly pid: number;
    readonly oomKilled: boolean;
    /** Why it could not start. */
    readonly error: string;
    readonly startedAt: Date | undefined;
    readonly finishedAt: Date | undefined;
    readonly health: string | undefined;
  };
  /** By network; those with an address only. */
  readonly ipAddresses: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly {
    readonly type: string;
    /** A volume's name, or a path on the engine's machine. */
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  readonly tty: boolean;
  readonly openStdin: boolean;
}

/** A row of `listContainers`: less than `Container` has. */
export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  readonly created: Date;
  readonly image: string;
  readonly imageId: string;
  readonly command: string;
  readonly status: ContainerStatus;
  /** As `docker ps` prints it: `Up 2 minutes`. */
  readonly statusText: string;
  readonly ipAddresses: Readonly<Record<string, string>>;
  readonly ports: readonly PublishedPort[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Resolves with the id. A missing image is an EngineError of kind not-found, a name in use one of kind conflict. */
export async function createContainer(
  engine: EngineClient,
  spec: ContainerSpec,
  { signal }: WaitOptions = {},
): Promise<string> {
  const query = { name: spec.name, platform: spec.platform };
  const body = printContainerSpec(spec);
  return (await engine.json<{ Id: string }>("POST", "/containers/create", { query, body, signal })).Id;
}

export async function startContainer(engine: EngineClient, id: string, { signal }: WaitOptions = {}): Promise<void> {
  await engine.execute("POST", `/containers/${pathPart(id)}/start`, { signal });
}

/** `seconds` until it is killed; the engine's default is 10. One that stands still already is no error. */
export async function stopContainer(
  engine: EngineClient,
  id: string,
  { seconds, signal }: WaitOptions & { readonly seconds?: number } = {},
): Promise<void> {
  await engine.execute("POST", `/containers/${pathPart(id)}/stop`, { query: { t: seconds }, signal });
}

/** One that does not run is an EngineError of kind conflict. */
export async function killContainer(
  engine: EngineClient,
  id: string,
  killSignal = "SIGKILL",
  { signal }: WaitOptions = {},
): Promise<void> {
  await engine.execute("POST", `/containers/${pathPart(id)}/kill`, { query: { signal: killSignal }, signal });
}

/** False when there was none. `volumes`: its anonymous ones too. */
export async function removeContainer(
  engine: EngineClient,
  id: string,
  { force, volumes, signal }: WaitOptions & { readonly force?: boolean; readonly volumes?: boolean } = {},
): Promise<boolean> {
  const query = { force, v: volumes };
  const path = `/containers/${pathPart(id)}`;
  try {
    return (await engine.execute("DELETE", path, { query, okStatuses: [404], signal })) !== 404;
  } catch (error) {
    // Podman 4.3, of one that ended just when it was to be killed: it stands still now.
    if (error instanceof EngineError && /container state improper: (stopped|exited)/.test(error.engineMessage)) {
      return (await engine.execute("DELETE", path, { query, okStatuses: [404], signal })) !== 404;
    }
    // Somebody else, or --rm, is at it: what was wanted comes about.
    if (error instanceof EngineError && /removal of container .* is already in progress/.test(error.engineMessage)) {
      await waitContainer(engine, id, { condition: "removed", signal });
      return true;
    }
    throw error;
  }
}

/** By id, beginning of an id, or name. */
export async function inspectContainer(
  engine: EngineClient,
  id: string,
  { signal }: WaitOptions = {},
): Promise<Container | undefined> {
  try {
    return parseContainer(await engine.json<ContainerJson>("GET", `/containers/${pathPart(id)}/json`, { signal }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export interface ContainerFilters {
  /** `KEY` or `KEY=VALUE`; all must match. */
  readonly label?: readonly string[];
  /** Others than running ones too. */
  readonly all?: boolean;
  readonly status?: readonly ContainerStatus[];
  /** Image or its descendants. */
  readonly ancestor?: readonly string[];
  readonly name?: readonly string[];
  readonly volume?: readonly string[];
}

/** Newest first. */
export async function listContainers(
  engine: EngineClient,
  { all, ...filters }: ContainerFilters = {},
  { signal }: WaitOptions = {},
): Promise<readonly ListedContainer[]> {
  const listed = await engine.json<ListedContainerJson[]>("GET", "/containers/json", {
    query: { all, filters },
    signal,
  });
  return listed.map(parseListedContainer);
}

export interface WaitResult {
  readonly exitCode: number;
  readonly error: string | undefined;
}

/**
 * Resolves when the container has ended (`not-running`: at once when it does not run now), ends next, or is gone.
 */
export async function waitContainer(
  engine: EngineClient,
  id: string,
  {
    condition = "not-running",
    signal,
  }: WaitOptions & { readonly condition?: "not-running" | "next-exit" | "removed" } = {},
): Promise<WaitResult> {
  const answer = await engine.json<{ StatusCode: number; Error?: { Message?: string } | null }>(
    "POST",
    `/containers/${pathPart(id)}/wait`,
    { query: { condition }, signal },
  );
  return { exitCode: answer.StatusCode, error: answer.Error?.Message || undefined };
}

/** Resolves with the new image's id. `changes` are instructions: `ENV A=b`. */
export async function commitContainer(
  engine: EngineClient,
  id: string,
  {
    pause,
    reference,
    comment,
    changes,
    signal,
  }: WaitOptions & {
    readonly pause: boolean;
    readonly reference?: string;
    readonly comment?: string;
    readonly changes?: readonly string[];
  },
): Promise<string> {
  const query = {
    container: id,
    repo: reference,
    comment,
    // Absent means true here: it must be said.
    pause: pause ? "1" : "0",
    changes: changes?.join("\n"),
  };
  return (await engine.json<{ Id: string }>("POST", "/commit", { query, body: {}, signal })).Id;
}

export interface ContainerChange {
  readonly path: string;
  readonly kind: "changed" | "added" | "removed";
}

/** What differs between the container's file system and its image's; parents of changed files count as changed. */
export async function containerChanges(
  engine: EngineClient,
  id: string,
  { signal }: WaitOptions = {},
): Promise<readonly ContainerChange[]> {
  const kinds = ["changed", "added", "removed"] as const;
  const changes = await engine.json<{ Path: string; Kind: number }[] | null>(
    "GET",
    `/containers/${pathPart(id)}/changes`,
    { signal },
  );
  return (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: kinds[Kind]! }));
}

/**
 * A tar archive of the file or folder; its entries begin with the last part of `path`. Read it to its end or destroy it.
 * Podman 4.3 tells the container's user as the owner of everything.
 */
export async function getArchive(
  engine: EngineClient,
  id: string,
  path: string,
  { signal }: WaitOptions = {},
): Promise<Readable> {
  return (await engine.request("GET", `/containers/${pathPart(id)}/archive`, { query: { path }, signal })).body;
}

/** Unpacks the archive into the folder `path`, which must exist. Owners are taken from the archive. */
export async function putArchive(
  engine: EngineClient,
  id: string,
  path: string,
  tar: ByteStream | Buffer,
  { signal }: WaitOptions = {},
): Promise<void> {
  await engine.execute("PUT", `/containers/${pathPart(id)}/archive`, { query: { path }, body: tar, signal });
}
