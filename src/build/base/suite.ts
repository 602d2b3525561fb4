import { ExitCode, SlipwayError } from "../../errors.ts";
import { type BasePlatform, parseBasePlatform, thisMachine } from "./architecture.ts";

export const baseVariants = ["minbase", "slim"] as const;
export type BaseVariant = (typeof baseVariants)[number];

/** What `slipway base` is to make. */
export interface BaseSpec {
  /** Debian's code name: `bookworm`. */
  readonly suite: string;
  readonly variant: BaseVariant;
  /** Packages besides those of the variant, sorted. */
  readonly include: readonly string[];
  /** URL of the archive, without a slash at its end. */
  readonly mirror: string;
  /** Undefined: this machine's. */
  readonly platform: BasePlatform | undefined;
}

const defaultMirror = "http://deb.debian.org/debian";

/** Suites that have no updates or security archive of their own. */
const rolling = new Set(["sid", "unstable"]);
const stable = ["bullseye", "bookworm", "trixie"];

/**
 * Understands `debian:SUITE`, also with `-slim` as Docker Hub tags it. Errors: USAGE.
 */
export function parseBaseSpec(
  image: string,
  options: {
    readonly variant: BaseVariant | undefined;
    readonly include: readonly string[];
    readonly mirror: string | undefined;
    readonly platform: string | undefined;
  },
): BaseSpec {
  const match = /^(?:debian:)?([a-z]+)(-slim)?$/.exec(image);
  const suite = match?.[1] ?? "";
  if (match === null || (!rolling.has(suite) && !stable.includes(suite) && suite !== "forky" && suite !== "testing")) {
    throw new SlipwayError("USAGE", `no base image is known by the name ${image}`, {
      exitCode: ExitCode.usage,
      hint: `choose one of: ${[...stable, "testing", "sid"].map((name) => `debian:${name}`).join(", ")}`,
    });
  }
  const variant = options.variant ?? (match[2] === undefined ? "minbase" : "slim");
  const include = [
    ...new Set(options.include.flatMap((names) => names.split(",")).filter((name) => name !== "")),
  ].sort();
  const wrong = include.find((name) => !/^[a-z0-9][a-z0-9.+-]+(:[a-z0-9]+)?$/.test(name));
  if (wrong !== undefined) {
    throw new SlipwayError("USAGE", `--include ${wrong}: this is no name of a Debian package`, {
      hint: "name packages as apt knows them, with commas between",
      exitCode: ExitCode.usage,
    });
  }
  const mirror = (options.mirror ?? defaultMirror).replace(/\/+$/, "");
  return {
    suite,
    variant,
    include,
    mirror,
    platform: options.platform === undefined ? undefined : parseBasePlatform(options.platform),
  };
}

/**
 * The tag that the image gets by default: as Docker Hub names such an image. An engine keeps one image a name, so another platform's
 * than this machine's has its own.
 */
export function defaultTag({ suite, variant, platform }: BaseSpec): string {
  const foreign = platform !== undefined && platform.architecture !== thisMachine().architecture;
  return `debian:${suite}${variant === "slim" ? "-slim" : ""}${foreign ? `-${platform.debian}` : ""}`;
}

/** The lines of sources.list: the suite, its updates and its security updates. */
export function sourceLines({ suite, mirror }: BaseSpec): readonly string[] {
  const line = (url: string, name: string) => `deb ${url} ${name} main`;
  if (rolling.has(suite)) return [line(mirror, suite)];
  return [line(mirror, suite), line(mirror, `${suite}-updates`), line(`${mirror}-security`, `${suite}-security`)];
}
