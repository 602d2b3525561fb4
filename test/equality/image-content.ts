import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { extract, type Header } from "tar-stream";
import { docker, dockerClient } from "./docker.ts";

/** What stands at a path of an image. */
export interface FileRecord {
  readonly type: string;
  /** Octal, with the set-id and sticky bits. */
  readonly mode: string;
  readonly owner: string;
  readonly content: string | undefined;
  readonly target: string | undefined;
  readonly device: string | undefined;
  /** Names and values, sorted. */
  readonly attributes: string | undefined;
  /** All paths of a file that has several names, sorted. */
  readonly names: string | undefined;
}

export interface ImageContent {
  readonly files: ReadonlyMap<string, FileRecord>;
  /** As the engine shows it, without what is empty. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Everything that an image holds: its files through an export of a container that never ran, and its configuration. */
export async function readImage(host: string, reference: string): Promise<ImageContent> {
  const container = await docker(host, [
    "create",
    "--label",
    "slipway.test=equality",
    "--network",
    "none",
    reference,
    "/none",
  ]);
  try {
    const exported = execa(dockerClient, ["export", container.trim()], {
      env: { DOCKER_HOST: host },
      stdin: "ignore",
      buffer: false,
    });
    const [files] = await Promise.all([readArchive(exported.stdout), exported]);
    return { files, config: await readConfig(host, reference) };
  } finally {
    await docker(host, ["rm", "--volumes", container.trim()]);
  }
}

async function readConfig(host: string, reference: string): Promise<Record<string, unknown>> {
  const [image] = JSON.parse(await docker(host, ["image", "inspect", reference])) as [Record<string, unknown>];
  const { Config, Author, Os, Architecture, Variant } = image;
  return withoutEmpty({ ...(Config as object), Author, Os, Architecture, Variant });
}

/** Null, false, 0, and what is empty all mean the same in an image configuration: not set. */
function withoutEmpty(config: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config)
      .map(([key, value]) => [key, key === "Healthcheck" && value ? withoutEmpty(value) : value] as const)
      .filter(([, value]) => value && (typeof value !== "object" || Object.keys(value).length > 0)),
  );
}

async function readArchive(archive: Readable): Promise<ReadonlyMap<string, FileRecord>> {
  const files = new Map<string, FileRecord>();
  const names = new Map<string, string[]>();
  const reader = archive.pipe(extract());
  for await (const entry of reader) {
    const path = normalize(entry.header.name);
    const digest = createHash("sha256");
    for await (const chunk of entry) digest.update(chunk as Buffer);
    if (entry.header.type === "link") {
      const first = normalize(entry.header.linkname!);
      names.set(first, [...(names.get(first) ?? [first]), path]);
    } else {
      files.set(path, recordOf(entry.header, digest.digest("hex")));
    }
  }
  for (const [first, all] of names) {
    const record = files.get(first)!;
    for (const name of all) files.set(name, { ...record, names: [...all].sort().join(" ") });
  }
  return files;
}

function recordOf(header: Header, digest: string): FileRecord {
  const { type, mode, uid, gid, size, linkname, devmajor, devminor, pax } = header;
  const attributes = Object.entries((pax ?? {}) as Record<string, string>)
    .filter(([key]) => key.includes("xattr"))
    .map(([key, value]) => `${key}=${Buffer.from(value, "latin1").toString("hex")}`);
  const isDevice = type === "character-device" || type === "block-device";
  return {
    type: type ?? "file",
    mode: (mode! & 0o7777).toString(8),
    owner: `${uid}:${gid}`,
    content: type === "file" || type === undefined ? `${size} bytes, sha256 ${digest.slice(0, 16)}` : undefined,
    target: type === "symlink" ? (linkname ?? undefined) : undefined,
    device: isDevice ? `${devmajor}:${devminor}` : undefined,
    attributes: attributes.length === 0 ? undefined : attributes.sort().join(" "),
    names: undefined,
  };
}

function normalize(name: string): string {
  return `/${name.replace(/^\.?\/+/, "").replace(/\/+$/, "")}`;
}
