import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { emptyImageConfig, type ImageConfig, type Platform } from "../../dockerfile/image-config.ts";
import type { EngineClient } from "../../engine/client.ts";
import { composeImage } from "../../engine/compose-image.ts";
import { importImage, removeImage } from "../../engine/images.ts";
import { type Bootstrap, startBootstrap } from "./bootstrap.ts";
import { filterArchive } from "./filter-archive.ts";
import { type InstalledPackages, readPackages } from "./packages.ts";
import { keepsPath, type RootFile, rootFiles } from "./root-files.ts";
import { requireRunnable } from "./runnable.ts";
import { findSourceDate } from "./source-date.ts";
import type { BaseSpec } from "./suite.ts";

export interface BaseOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tags: readonly string[];
  /** A few words for what is being done. */
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

export interface BaseImage {
  readonly id: string;
  readonly tool: Bootstrap["tool"];
  readonly packages: number;
  /** As /etc/debian_version has it: `12.11`. */
  readonly version: string;
}

/**
 * Makes an image of a Debian suite's packages and streams it into the engine: the same packages and the same source date give the
 * same id. Errors: PLATFORM_FOREIGN, BOOTSTRAP_MISSING, BOOTSTRAP_FAILED, SOURCE_DATE_UNKNOWN, EngineError.
 */
export async function buildBase(engine: EngineClient, spec: BaseSpec, options: BaseOptions): Promise<BaseImage> {
  const { env, tags, onProgress, signal } = options;
  const { platform } = spec;
  if (platform) await requireRunnable(platform, env);
  const sourceDate = await findSourceDate(spec, env, signal);
  const bootstrap = await startBootstrap(spec, { env, sourceDate, onProgress, signal });
  const contents = new Map<string, string>();
  const imported = await importRoot(engine, spec, bootstrap, { contents, sourceDate, platform, signal });
  onProgress("writing the image");
  const packages = readPackages(contents.get(statusFile) ?? "");
  const version = (contents.get(versionFile) ?? "").trim();
  const created = new Date(sourceDate * 1000);
  const id = await composeImage(
    engine,
    {
      base: imported,
      config: imageConfig(spec, packages, version, created),
      // Docker 20.10 gives what it imports its own architecture.
      platform,
      history: [
        {
          created,
          createdBy: `slipway base debian:${spec.suite}`,
          comment: `${spec.variant}, ${bootstrap.tool}`,
          emptyLayer: false,
        },
      ],
      created,
      tags,
    },
    { signal },
  );
  if (id !== imported) await removeImage(engine, imported, { signal });
  return { id, tool: bootstrap.tool, packages: packages.count, version };
}

const statusFile = "var/lib/dpkg/status";
const versionFile = "etc/debian_version";

interface Importing {
  /** Filled with the files that are read on the way. */
  readonly contents: Map<string, string>;
  readonly sourceDate: number;
  readonly platform: Platform | undefined;
  readonly signal: AbortSignal | undefined;
}

async function importRoot(
  engine: EngineClient,
  spec: BaseSpec,
  bootstrap: Bootstrap,
  importing: Importing,
): Promise<string> {
  const { contents, sourceDate, platform, signal } = importing;
  async function* archive(): AsyncGenerator<Buffer, void> {
    yield* filterArchive(bootstrap.archive, {
      keeps: (path) => keepsPath(path, spec.variant),
      captures: new Set([statusFile, versionFile]),
      onCaptured: (path, content) => contents.set(path, content),
    });
    // Only a tool that ended well has written all: the engine never sees the end of a broken archive.
    await bootstrap.finished;
    yield await packFiles(rootFiles(spec), sourceDate);
  }
  const body = Readable.from(archive(), { objectMode: false });
  try {
    return await importImage(engine, body, { platform, signal });
  } catch (error) {
    // A tool that failed says why; that its archive then broke off is only the consequence.
    bootstrap.archive.destroy();
    await bootstrap.finished;
    throw error;
  }
}

/** With the end of the archive. */
function packFiles(files: readonly RootFile[], sourceDate: number): Promise<Buffer> {
  const archive = pack();
  const mtime = new Date(sourceDate * 1000);
  for (const { path, mode, content } of files)
    archive.entry({ name: `./${path}`, mode, mtime, uid: 0, gid: 0 }, content);
  archive.finalize();
  return buffer(archive);
}

function imageConfig(spec: BaseSpec, packages: InstalledPackages, version: string, created: Date): ImageConfig {
  return {
    ...emptyImageConfig,
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    cmd: ["bash"],
    labels: {
      "org.opencontainers.image.created": created.toISOString(),
      "org.opencontainers.image.title": `Debian ${spec.suite}`,
      "org.opencontainers.image.version": version,
      "slipway.base.include": spec.include.join(","),
      "slipway.base.packages": String(packages.count),
      "slipway.base.packages-digest": packages.digest,
      "slipway.base.sources": spec.mirror,
      "slipway.base.suite": spec.suite,
      "slipway.base.variant": spec.variant,
    },
  };
}
