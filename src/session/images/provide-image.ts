import type { Platform } from "../../dockerfile/image-config.ts";
import { formatPlatform, matchesPlatform } from "../../dockerfile/platform.ts";
import { registryCredentials } from "../../engine/credentials.ts";
import { type Image, inspectImage, type PullProgress, pullImage, tagImage } from "../../engine/images.ts";
import { messageOf, SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import { recallFetched, rememberFetched } from "../state/fetched-images.ts";

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
  const platform = wanted.platform ?? core.planOptions.targetPlatform;
  const local = await inspectImage(core.engine, wanted.reference);
  const fits = local !== undefined && matchesPlatform(local.platform, platform);
  if (local && fits && !core.options.pull) return local;
  try {
    return local && !fits ? await fetchBeside(core, wanted, local, platform) : await fetch(core, wanted, platform);
  } catch (cause) {
    throw missing(wanted, platform, fits ? undefined : local, cause);
  }
}

/** An engine keeps one image a name: it goes back to the one that has it, of another platform. */
async function fetchBeside(core: SessionCore, wanted: WantedImage, named: Image, platform: Platform): Promise<Image> {
  const { reference } = wanted;
  const fetchedAs = `${formatPlatform(platform)} ${reference}`;
  const known = await recallFetched(core, fetchedAs);
  const image = known === undefined ? undefined : await inspectImage(core.engine, known);
  if (image) return image;
  const fetched = await fetch(core, wanted, platform);
  if (fetched.id !== named.id) await tagImage(core.engine, named.id, reference);
  await rememberFetched(core, fetchedAs, fetched.id);
  return fetched;
}

async function fetch(core: SessionCore, wanted: WantedImage, platform: Platform): Promise<Image> {
  const { engine, options } = core;
  const { reference, onProgress, signal } = wanted;
  const asked = wanted.platform ?? options.platform;
  const credentials = await registryCredentials(reference, { configDir: options.dockerConfigDir });
  await pullImage(engine, reference, { platform: asked, credentials, onProgress, signal });
  const image = await inspectImage(engine, reference);
  if (!image) throw new Error("the engine pulled it, but does not have it");
  if (!matchesPlatform(image.platform, platform)) {
    const message = `${wanted.place}: ${reference} is for ${formatPlatform(image.platform)} only, not for ${formatPlatform(platform)}`;
    await core.emit({ type: "notice", level: "warning", message });
  }
  return image;
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
