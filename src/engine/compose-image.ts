import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { pack as createPack, extract, type Pack } from "tar-stream";
import type { ImageConfig, Platform } from "../dockerfile/image-config.ts";
import { type EngineClient, EngineError } from "./client.ts";
import { type HistoryEntry, printImage } from "./config-json.ts";
import type { WaitOptions } from "./containers.ts";
import { inspectImage, loadImages, saveImage, tagImage } from "./images.ts";

export interface Composition {
  /** Id or reference of the image that has the layers. */
  readonly base: string;
  readonly config: ImageConfig;
  /** Default: the base's. */
  readonly platform?: Platform | undefined;
  /** Oldest first; as many entries without `emptyLayer` as there are layers. */
  readonly history: readonly HistoryEntry[];
  /** Default: now. */
  readonly created?: Date | undefined;
  readonly tags: readonly string[];
}

/**
 * Makes an image with the layers of `base` and exactly this configuration, without a container; resolves with its id.
 * The engine is given an archive that has a manifest and a configuration but no layers: dockerd's own graph drivers
 * do not read a layer that they know by its chain id (seen on 20.10 and 26.1). Where the engine does read them (Podman,
 * the containerd store) the archive is made again, with them.
 */
export async function composeImage(
  engine: EngineClient,
  { base, config, platform, history, created = new Date(), tags }: Composition,
  { signal }: WaitOptions = {},
): Promise<string> {
  const image = await inspectImage(engine, base, { signal });
  if (image === undefined)
    throw new EngineError({
      method: "GET",
      path: `/images/${base}/json`,
      status: 404,
      message: `no such image: ${base}`,
    });
  const json = JSON.stringify(
    printImage({ platform: platform ?? image.platform, created, config, layers: image.layers, history }),
  );
  const id = `sha256:${createHash("sha256").update(json).digest("hex")}`;
  const composed =
    (await inspectImage(engine, id, { signal }))?.id ??
    (await loadWithoutLayers(engine, image.layers, json, id, signal)) ??
    (await loadWithLayers(engine, image.id, json, id, signal));
  for (const tag of tags) await tagImage(engine, composed, tag, { signal });
  return composed;
}

interface ManifestJson {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

const configName = "config.json";

/** Undefined where the engine wants to see the layers. */
async function loadWithoutLayers(
  engine: EngineClient,
  layers: readonly string[],
  config: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const archive = createPack();
  archive.entry({ name: configName }, config);
  // Names of files that are not there; they must only differ.
  archive.entry({ name: "manifest.json" }, printManifest(layers.map((_, index) => `${index}/layer.tar`)));
  archive.finalize();
  try {
    await loadImages(engine, archive, { signal });
  } catch (error) {
    if (error instanceof EngineError && error.status >= 400) return undefined;
    throw error;
  }
  return (await inspectImage(engine, id, { signal }))?.id;
}

async function loadWithLayers(
  engine: EngineClient,
  base: string,
  config: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const saved = await saveImage(engine, base, { signal });
  const archive = createPack();
  const replacing = replaceConfig(saved, archive, config).catch((error) => archive.destroy(error));
  const loaded = await loadImages(engine, archive, { signal });
  await replacing;
  // The containerd store names an image by its manifest's digest, which only it knows.
  const composed = [id, ...loaded].find((name) => name.startsWith("sha256:") && name !== base);
  const image =
    (await inspectImage(engine, id, { signal })) ?? (composed && (await inspectImage(engine, loaded[0]!, { signal })));
  if (!image)
    throw new EngineError({
      method: "POST",
      path: "/images/load",
      status: 0,
      message: "the engine did not keep the composed image",
    });
  return image.id;
}

/** Copies a saved archive, entry by entry, with another configuration; the old one stays in it, unnamed. */
async function replaceConfig(saved: Readable, archive: Pack, config: string): Promise<void> {
  let layers: readonly string[] | undefined;
  const entries = extract();
  saved.on("error", (error) => entries.destroy(error));
  saved.pipe(entries);
  for await (const entry of entries) {
    const { header } = entry;
    if (header.name === "manifest.json") {
      layers = (JSON.parse(await text(entry)) as ManifestJson[])[0]?.Layers;
    } else if (["index.json", "oci-layout", "repositories"].includes(header.name)) {
      // They name the old manifest; without them the archive is read by manifest.json.
      entry.resume();
    } else if (header.size === 0 || header.type !== "file") {
      entry.resume();
      archive.entry(header);
    } else {
      await pipeline(entry, archive.entry(header));
    }
  }
  if (layers === undefined) throw new Error("the saved image has no manifest.json");
  archive.entry({ name: configName }, config);
  archive.entry({ name: "manifest.json" }, printManifest(layers));
  archive.finalize();
}

function printManifest(layers: readonly string[]): string {
  return JSON.stringify([{ Config: configName, RepoTags: null, Layers: layers } satisfies ManifestJson]);
}
