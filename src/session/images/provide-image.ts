import type { Platform } from "../../dockerfile/image-config.ts";
import { formatPlatform, matchesPlatform } from "../../dockerfile/platform.ts";
import { registryCredentials } from "../../engine/credentials.ts";
import { type Image, inspectImage, type PullProgress, pullImage, resolveDigest } from "../../engine/images.ts";
import { messageOf, SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";

export interface WantedImage {
  readonly reference: string;
  /** What the instruction says; undefined: the platform that is built for. */
  readonly platform: Platform | undefined;
  /** Who asks, for messages: `Dockerfile:1`. */
  readonly place: string;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * An image that a Dockerfile names, for the platform that it is wanted for, pulled where the engine has none or `--pull` asks
 * for it. As in BuildKit, what a registry has for one platform only is taken as it is.
 * @throws SlipwayError BASE_IMAGE_MISSING
 */
export async function provideImage(core: SessionCore, wanted: WantedImage): Promise<Image> {
  const { engine, options, planOptions } = core;
  const asked = wanted.platform ?? options.platform;
  const platform = asked ?? planOptions.targetPlatform;
  const local = await inspectImage(engine, wanted.reference);
  const fits = local !== undefined && matchesPlatform(local.platform, platform);
  if (local && fits && !options.pull) return local;
  try {
    const { reference, onProgress, signal } = wanted;
    const credentials = await registryCredentials(reference, { configDir: options.dockerConfigDir });
    // An engine keeps one image a name: pulled by digest, this one does not take it from the one that has it.
    const pulled = local && !fits ? await resolveDigest(engine, reference, { credentials, signal }) : reference;
    await pullImage(engine, pulled, { platform: asked, credentials, onProgress, signal });
    const image = await inspectImage(engine, pulled);
    if (!image) throw new Error("the engine pulled it, but does not have it");
    if (!matchesPlatform(image.platform, platform)) await warn(core, wanted, image.platform, platform);
    return image;
  } catch (cause) {
    throw missing(wanted, platform, fits ? undefined : local, cause);
  }
}

async function warn(core: SessionCore, { place, reference }: WantedImage, has: Platform, wanted: Platform) {
  const message = `${place}: ${reference} is for ${formatPlatform(has)} only, not for ${formatPlatform(wanted)}`;
  await core.emit({ type: "notice", level: "warning", message });
}

function missing(
  { place, reference }: WantedImage,
  platform: Platform,
  other: Image | undefined,
  cause: unknown,
): SlipwayError {
  const wanted = formatPlatform(platform);
  const [state, hint] = other
    ? [
        `is on the engine for ${formatPlatform(other.platform)} only, and for ${wanted} it`,
        `build for the platform that it has (--platform), or make one: slipway base debian:SUITE --platform ${wanted} -t NAME`,
      ]
    : [
        "is not on the engine and",
        `check its name, log in with 'docker login', or make one from Debian's packages: slipway base ${reference}`,
      ];
  return new SlipwayError(
    "BASE_IMAGE_MISSING",
    `${place}: the image ${reference} ${state} can't be pulled: ${messageOf(cause)}`,
    { hint, cause },
  );
}
