import { emptyImageConfig, type ImageConfig, type Platform } from "../../dockerfile/image-config.ts";
import type { Source } from "../../dockerfile/plan-types.ts";
import type { FromInstruction } from "../../dockerfile/types.ts";
import { composeImage } from "../../engine/compose-image.ts";
import { importImage } from "../../engine/images.ts";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore, SessionStage } from "../core.ts";
import { emptyTar } from "../files/tar-file.ts";
import { stageImage } from "../replay/bring.ts";
import { provideImage } from "./provide-image.ts";

/** What a stage starts on. */
export interface BaseImage {
  readonly key: string;
  /** The image that containers are made of: without volumes, which would keep what steps write there out of the image. */
  readonly image: string;
  readonly config: ImageConfig;
  readonly platform: Platform | undefined;
  /** Where the image is the session's own, to be removed with it. */
  readonly own: boolean;
}

/** Where a stage starts: what its FROM says, or for the target the image of `--from`. */
export function baseSource(core: SessionCore, stageIndex: number): Source {
  const { fromImage } = core.options;
  if (fromImage !== undefined && stageIndex === core.plan.targetIndex) {
    return { kind: "image", reference: fromImage, platform: undefined };
  }
  return core.plan.stages[stageIndex]!.base;
}

/**
 * Finds the image of a FROM, pulling it where it is missing or `--pull` asks for it.
 * @throws SlipwayError BASE_IMAGE_MISSING with the instruction's line.
 */
export async function resolveBase(
  core: SessionCore,
  source: Exclude<Source, { kind: "stage" }>,
  from: FromInstruction,
  signal?: AbortSignal,
): Promise<BaseImage> {
  if (source.kind === "scratch") return await scratchBase(core);
  if (source.kind === "context") return await contextBase(core, source, from, signal);
  return await imageBase(core, source.reference, source.platform, from, signal);
}

async function imageBase(
  core: SessionCore,
  reference: string,
  platform: Platform | undefined,
  from: FromInstruction,
  signal?: AbortSignal,
): Promise<BaseImage> {
  const image = await provideImage(core, {
    reference,
    platform,
    place: `${core.options.dockerfilePath}:${from.range.start.line}`,
    onProgress: ({ message, current, total }) => {
      void core.emit({ type: "progress", step: from.number, message, current, total });
    },
    signal,
  });
  if (image.config.volumes.length === 0) {
    return { key: image.id, image: image.id, config: image.config, platform: image.platform, own: false };
  }
  const bare = await composeImage(core.engine, {
    base: image.id,
    config: { ...image.config, volumes: [], labels: { ...image.config.labels, ...core.labels } },
    history: [],
    tags: [],
  });
  return { key: image.id, image: bare, config: image.config, platform: image.platform, own: true };
}

/** An image with one empty layer: an engine makes containers of images only. */
async function scratchBase(core: SessionCore): Promise<BaseImage> {
  const image = await importImage(core.engine, emptyTar(), {
    changes: Object.entries(core.labels).map(([key, value]) => `LABEL ${key}=${value}`),
  });
  return { key: "scratch", image, config: emptyImageConfig, platform: core.planOptions.targetPlatform, own: true };
}

async function contextBase(
  core: SessionCore,
  source: Extract<Source, { kind: "context" }>,
  from: FromInstruction,
  signal?: AbortSignal,
): Promise<BaseImage> {
  const value = core.options.contexts[source.name ?? ""] ?? "";
  if (value.startsWith("docker-image://")) {
    return await imageBase(core, value.slice("docker-image://".length), undefined, from, signal);
  }
  throw new SlipwayError(
    "BASE_UNSUPPORTED",
    `${core.options.dockerfilePath}:${from.range.start.line}: FROM ${from.image} takes the build context '${value}', which a session can't start on`,
    { hint: "give an image: --build-context NAME=docker-image://IMAGE" },
  );
}

/** Where the container of this stage starts, once the base is known: its own image or that of the stage below. */
export async function startImage(core: SessionCore, stage: SessionStage): Promise<string> {
  const source = core.plan.stages[stage.index]!.base;
  const base = core.baseOf(stage);
  if (source.kind === "stage" && base === undefined) return await stageImage(core, core.stage(source.index));
  return base!.image;
}
