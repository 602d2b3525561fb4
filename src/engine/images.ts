import type { Readable } from "node:stream";
import type { ImageConfig, Platform } from "../dockerfile/image-config.ts";
import { type EngineClient, EngineError, isNotFound } from "./client.ts";
import { type ConfigJson, type HistoryEntry, parseConfig } from "./config-json.ts";
import type { WaitOptions } from "./containers.ts";
import { readJsonLines } from "./json-lines.ts";
import { parseReference, splitTag } from "./reference.ts";
import { type ByteStream, pathPart } from "./request.ts";

export type { HistoryEntry } from "./config-json.ts";

export interface Image {
  /** `sha256:…` */
  readonly id: string;
  readonly tags: readonly string[];
  /** `name@sha256:…` */
  readonly digests: readonly string[];
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  readonly config: ImageConfig;
  /** Diff ids, base first. */
  readonly layers: readonly string[];
  readonly platform: Platform;
  readonly created: Date | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The id of the image that the classic builder, or a commit, made it from. */
  readonly parent: string | undefined;
  readonly comment: string;
  readonly author: string;
}

interface ImageJson {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Size: number;
  readonly Config: ConfigJson | null;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
  readonly Os: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Created?: string;
  readonly Parent?: string;
  readonly Comment?: string;
  readonly Author?: string;
}

export async function inspectImage(
  engine: EngineClient,
  reference: string,
  { signal }: WaitOptions = {},
): Promise<Image | undefined> {
  try {
    return parseImage(await engine.json<ImageJson>("GET", `/images/${pathPart(reference)}/json`, { signal }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function parseImage(json: ImageJson): Image {
  const config = { ...parseConfig(json.Config), ...(json.Author ? { author: json.Author } : {}) };
  return {
    id: withAlgorithm(json.Id),
    tags: (json.RepoTags ?? []).filter((tag) => tag !== "<none>:<none>"),
    digests: json.RepoDigests ?? [],
    size: json.Size,
    config,
    layers: json.RootFS.Layers ?? [],
    platform: { os: json.Os, architecture: json.Architecture, variant: json.Variant || undefined },
    created: parseTime(json.Created),
    labels: config.labels,
    parent: json.Parent ? withAlgorithm(json.Parent) : undefined,
    comment: json.Comment ?? "",
    author: json.Author ?? "",
  };
}

/** Podman leaves the algorithm out. */
function withAlgorithm(id: string): string {
  return id.includes(":") ? id : `sha256:${id}`;
}

/** An image without a creation time has Go's zero time. */
function parseTime(time: string | undefined): Date | undefined {
  return !time || time.startsWith("0001-") ? undefined : new Date(time);
}

/** A row of `listImages`. */
export interface ListedImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly size: number;
  readonly created: Date;
  readonly labels: Readonly<Record<string, string>>;
  readonly parent: string | undefined;
}

export interface ImageFilters {
  /** `KEY` or `KEY=VALUE`; all must match. */
  readonly label?: readonly string[];
  /** `name`, `name:tag`, patterns. */
  readonly reference?: readonly string[];
  readonly dangling?: readonly ["true" | "false"];
  readonly before?: readonly string[];
  readonly since?: readonly string[];
  /** Intermediate images of the classic builder too. */
  readonly all?: boolean;
}

export async function listImages(
  engine: EngineClient,
  { all, ...filters }: ImageFilters = {},
  { signal }: WaitOptions = {},
): Promise<readonly ListedImage[]> {
  interface ListedJson extends Pick<ImageJson, "Id" | "RepoTags" | "RepoDigests" | "Size"> {
    readonly Created: number;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly ParentId?: string;
  }
  const listed = await engine.json<ListedJson[]>("GET", "/images/json", { query: { all, filters }, signal });
  return listed.map((json) => ({
    id: withAlgorithm(json.Id),
    tags: (json.RepoTags ?? []).filter((tag) => tag !== "<none>:<none>"),
    digests: (json.RepoDigests ?? []).filter((digest) => digest !== "<none>@<none>"),
    size: json.Size,
    created: new Date(json.Created * 1000),
    labels: json.Labels ?? {},
    parent: json.ParentId ? withAlgorithm(json.ParentId) : undefined,
  }));
}

export interface PullProgress {
  /** Layer, or undefined for the pull as a whole. */
  readonly layer: string | undefined;
  readonly message: string;
  /** Bytes. */
  readonly current: number | undefined;
  readonly total: number | undefined;
}

interface ProgressJson {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number } | null;
  readonly stream?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

export interface PullOptions extends WaitOptions {
  readonly platform?: Platform | undefined;
  /** Value of X-Registry-Auth: see credentials.ts. */
  readonly credentials?: string | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
}

/** Errors: EngineError with what the engine or the registry said. */
export async function pullImage(
  engine: EngineClient,
  reference: string,
  { platform, credentials, onProgress, signal }: PullOptions = {},
): Promise<void> {
  const { name, tag, digest } = parseReference(reference);
  const path = "/images/create";
  const query = {
    fromImage: digest === undefined ? name : `${name}@${digest}`,
    tag: digest === undefined ? (tag ?? "latest") : undefined,
    platform: platform && printPlatform(platform),
  };
  const headers = credentials === undefined ? {} : { "X-Registry-Auth": credentials };
  const { body } = await engine.request("POST", path, { query, headers, signal });
  for await (const line of readJsonLines<ProgressJson>(body)) {
    if (line.error !== undefined) throw streamError("POST", `${path}?fromImage=${reference}`, line.error);
    const { current, total } = line.progressDetail ?? {};
    onProgress?.({ layer: line.id, message: line.status ?? "", current, total });
  }
}

/** `linux/arm64/v8` */
export function printPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join("/");
}

export async function tagImage(
  engine: EngineClient,
  image: string,
  reference: string,
  { signal }: WaitOptions = {},
): Promise<void> {
  const { repository, tag } = splitTag(reference);
  await engine.execute("POST", `/images/${pathPart(image)}/tag`, { query: { repo: repository, tag }, signal });
}

/**
 * Removes a tag, or an image by its id. False when there was none; one that a container uses is an EngineError of kind
 * conflict. `keepParents`: untagged parents stay.
 */
export async function removeImage(
  engine: EngineClient,
  reference: string,
  { force, keepParents, signal }: WaitOptions & { readonly force?: boolean; readonly keepParents?: boolean } = {},
): Promise<boolean> {
  const query = { force, noprune: keepParents };
  try {
    await engine.execute("DELETE", `/images/${pathPart(reference)}`, { query, signal });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

export interface ImportOptions extends WaitOptions {
  readonly reference?: string | undefined;
  /** Instructions: `CMD ["sh"]`. */
  readonly changes?: readonly string[] | undefined;
  readonly comment?: string | undefined;
  readonly platform?: Platform | undefined;
}

/** Makes an image of one layer from the tar stream of a file system; resolves with its id. */
export async function importImage(
  engine: EngineClient,
  tar: ByteStream | Buffer,
  { reference, changes, comment, platform, signal }: ImportOptions = {},
): Promise<string> {
  const path = "/images/create";
  const target = reference === undefined ? undefined : splitTag(reference);
  const query = {
    fromSrc: "-",
    repo: target?.repository,
    tag: target?.tag,
    changes,
    message: comment,
    platform: platform && printPlatform(platform),
  };
  const { body } = await engine.request("POST", path, { query, body: tar, signal });
  let id: string | undefined;
  for await (const line of readJsonLines<ProgressJson>(body)) {
    if (line.error !== undefined) throw streamError("POST", path, line.error);
    // The last status is the id.
    id = /^(?:sha256:)?[0-9a-f]{64}$/.test(line.status ?? "") ? line.status : id;
  }
  if (id === undefined) throw streamError("POST", path, "the engine did not tell the imported image's id");
  return withAlgorithm(id);
}

/** Loads an archive of `saveImage`'s form; resolves with what it contained: references, or ids of untagged images. */
export async function loadImages(
  engine: EngineClient,
  tar: ByteStream | Buffer,
  { signal }: WaitOptions = {},
): Promise<readonly string[]> {
  const path = "/images/load";
  const { body } = await engine.request("POST", path, { query: { quiet: true }, body: tar, signal });
  const loaded: string[] = [];
  for await (const line of readJsonLines<ProgressJson>(body)) {
    if (line.error !== undefined) throw streamError("POST", path, line.error);
    const match = /^Loaded image(?: ID)?(?:\(s\))?: (.+)$/.exec(line.stream?.trim() ?? "");
    if (match) loaded.push(...match[1]!.split(","));
  }
  return loaded;
}

/** A tar archive with manifest.json, the configurations and the layers. Read it to its end or destroy it. */
export async function saveImage(
  engine: EngineClient,
  reference: string,
  { signal }: WaitOptions = {},
): Promise<Readable> {
  return (await engine.request("GET", `/images/${pathPart(reference)}/get`, { signal })).body;
}

/**
 * The image's history, oldest first. The API does not tell which entries have a layer: those with bytes do, and of the
 * others as many as layers are left, instructions that touch files first.
 */
export async function readHistory(
  engine: EngineClient,
  image: Image,
  { signal }: WaitOptions = {},
): Promise<readonly HistoryEntry[]> {
  interface HistoryJson {
    readonly Created: number;
    readonly CreatedBy: string;
    readonly Comment?: string;
    readonly Size: number;
  }
  const path = `/images/${pathPart(image.id)}/history`;
  const entries = (await engine.json<HistoryJson[]>("GET", path, { signal })).reverse();
  const touchesFiles = /^(\/bin\/sh -c (?!#\(nop\))|\/bin\/sh -c #\(nop\) +(COPY|ADD|WORKDIR)|RUN|COPY|ADD|WORKDIR)\b/;
  const byLikelihood = [...entries.keys()].sort((a, b) => rank(entries[a]!) - rank(entries[b]!) || a - b);
  function rank({ Size, CreatedBy }: HistoryJson): number {
    if (Size > 0) return 0;
    return touchesFiles.test(CreatedBy) ? 1 : 2;
  }
  const withLayer = new Set(byLikelihood.slice(0, image.layers.length));
  return entries.map((entry, index) => ({
    created: entry.Created > 0 ? new Date(entry.Created * 1000) : undefined,
    createdBy: entry.CreatedBy,
    comment: entry.Comment || undefined,
    emptyLayer: !withLayer.has(index),
  }));
}

/** A refusal that came inside a stream whose status was 200 already. */
function streamError(method: string, path: string, message: string): EngineError {
  return new EngineError({ method, path, status: 500, message });
}
