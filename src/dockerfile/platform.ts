import type { Platform } from "./image-config.ts";

const operatingSystems = new Set(["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "wasi", "js"]);

const architectures = new Set(
  "386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm".split(" "),
);

/** Other names of an architecture, as containerd's platforms package knows them. */
const aliases: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  i386: ["386"],
  x86_64: ["amd64"],
  "x86-64": ["amd64"],
  aarch64: ["arm64"],
  armhf: ["arm", "v7"],
  armel: ["arm", "v6"],
};

/**
 * `linux/arm64`, `linux/arm/v7`, or one part alone (`arm64`, `linux`), completed from `local`.
 * Undefined where it is none of these.
 */
export function parsePlatform(text: string, local: Platform): Platform | undefined {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[\w.-]+$/.test(part))) return undefined;
  const [first, second, third] = parts as [string, string?, string?];
  if (second !== undefined) return platformOf(first, second, third);
  if (operatingSystems.has(first)) return { ...local, os: first };
  const platform = platformOf(local.os, first, undefined);
  return architectures.has(platform.architecture) ? platform : undefined;
}

/** A platform to build for, with the variant that 32-bit ARM has where none is named, as containerd's platforms.Normalize. */
export function normalizePlatform(platform: Platform): Platform {
  const isBareArm = platform.architecture === "arm" && platform.variant === undefined;
  return isBareArm ? { ...platform, variant: "v7" } : platform;
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`;
}

/**
 * Whether an image can stand where one for `wanted` is asked for, as in containerd's platforms.Only and Docker's fallback: older
 * variants too, 32 bits for 64, and any image that names no variant.
 */
export function matchesPlatform(image: Platform, wanted: Platform): boolean {
  if (image.os !== wanted.os) return false;
  const [has, asked] = [image, wanted].map(({ architecture }) => architecture) as [string, string];
  if (has === asked) return image.variant === undefined || variantOf(image) <= variantOf(wanted);
  if (asked === "amd64") return has === "386";
  return asked === "arm64" && has === "arm" && variantOf(image) <= variantOf(wanted);
}

/** `v7` as a number, the usual one where none is named. */
function variantOf({ architecture, variant }: Platform): number {
  const usual = { arm: 7, arm64: 8 }[architecture] ?? 1;
  return variant === undefined ? usual : Number.parseFloat(variant.replace(/^v/, ""));
}

function platformOf(os: string, name: string, written: string | undefined): Platform {
  const [architecture, implied] = aliases[name] ?? [name];
  const variant = written !== undefined && /^\d$/.test(written) ? `v${written}` : (written ?? implied);
  const usual = { amd64: "v1", arm64: "v8", arm: written === undefined ? "v7" : undefined }[architecture];
  return { os, architecture, variant: variant === usual ? undefined : variant };
}
