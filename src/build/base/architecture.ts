import { arch } from "node:os";
import type { Platform } from "../../dockerfile/image-config.ts";
import { formatPlatform, parsePlatform } from "../../dockerfile/platform.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";

/** A platform with Debian's name for its architecture. */
export interface BasePlatform extends Platform {
  readonly debian: string;
}

/** By Debian's name; the variants are those that Docker's own Debian images have. */
const ports: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  amd64: ["amd64"],
  i386: ["386"],
  arm64: ["arm64", "v8"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v5"],
  mips64el: ["mips64le"],
  ppc64el: ["ppc64le"],
  riscv64: ["riscv64"],
  s390x: ["s390x"],
};

/** Node.js's names in the words of images. */
const ofMachines: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** Understands `linux/arm64`, `arm64`, `linux/arm/v7`. Errors: USAGE, also for what Debian has no port to. */
export function parseBasePlatform(text: string): BasePlatform {
  const platform = parsePlatform(text, thisMachine());
  const port = Object.entries(ports).find(
    ([, [architecture, variant]]) =>
      architecture === platform?.architecture &&
      (architecture !== "arm" || variant === (platform.variant ?? "v7").replace("v6", "v5")),
  );
  if (platform?.os !== "linux" || port === undefined) {
    const known = Object.values(ports).map(([architecture, variant]) =>
      formatPlatform({ os: "linux", architecture, variant: architecture === "arm" ? variant : undefined }),
    );
    throw new SlipwayError("USAGE", `--platform ${text}: Debian has no port to it`, {
      hint: `choose one of: ${known.join(", ")}`,
      exitCode: ExitCode.usage,
    });
  }
  const [debian, [architecture, variant]] = port;
  return { os: "linux", architecture, variant, debian };
}

/** This machine's, as far as images name it. */
export function thisMachine(): Platform {
  return { os: "linux", architecture: ofMachines[arch()] ?? arch(), variant: undefined };
}
