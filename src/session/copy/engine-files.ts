import { posix } from "node:path";
import type { CopyOperation, RunOperation } from "../../dockerfile/plan-types.ts";
import { SlipwayError } from "../../errors.ts";
import { compilePattern, splitPattern } from "./go-match.ts";

/** What Docker puts into every container when it makes it, in place of the image's own: an archive shows these. */
const madeByEngine = [
  "/.dockerenv",
  "/dev",
  "/proc",
  "/sys",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/mtab",
  "/etc/resolv.conf",
] as const;

/** What a running container has mounted: nothing that is written there becomes part of the image. */
const mounted = ["/dev", "/proc", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"] as const;

/** Whether an operation is one that only a builder can do, as far as its words tell. */
export function needsBuilder({ from, sources, parents, destination }: CopyOperation): boolean {
  if (isMounted(destination)) return true;
  if (from.kind !== "stage" && from.kind !== "image") return false;
  return sources.some((word) => takesEngineFiles(posix.join("/", word), parents));
}

const namesOfFiles = /\/(etc\/(hosts|hostname|mtab|resolv\.conf)|\.dockerenv)(?![\w.-])/;

/**
 * Whether a command names a file that is the engine's own in its containers. In a build, hosts and resolv.conf can't be written
 * to, hostname is the image's own, and .dockerenv is not there.
 */
export function namesEngineFiles({ argv, scripts }: RunOperation): boolean {
  return [...argv, ...scripts.map(({ content }) => content)].some((text) => namesOfFiles.test(text));
}

/** Whether a path of the running container is, or is in, something mounted there. */
export function isMounted(path: string): boolean {
  return mounted.some((own) => isWithin(path.replace(/(.)\/$/, "$1"), own));
}

/** The error with which a copy tells that it needs a builder; what it did until then, that builder does again. */
export const NEEDS_BUILDER = "COPY_NEEDS_BUILDER";

export function needsBuilderError(path: string): SlipwayError {
  return new SlipwayError(NEEDS_BUILDER, `${path} is the engine's own in a running container`, {
    hint: "only the engine's builder can copy it",
  });
}

/** Whether a path's last part is that of a file that the engine makes. */
export function hasEngineName(path: string): boolean {
  return madeByEngine.some((own) => posix.basename(own) === posix.basename(path));
}

/** Whether a source, wildcards and all, takes something that the engine put there. */
export function takesEngineFiles(source: string, parents: boolean): boolean {
  const { base, pattern } = splitPattern(source.replace(/(.)\/$/, "$1"));
  return madeByEngine.some((own) => {
    if (pattern === "") return isWithin(own, base) || isWithin(base, own);
    if (!isWithin(own, base)) return isWithin(base, own);
    // Wildcards of --parents may stand for any number of folders.
    return parents || matchesOnTheWay(pattern, own.slice(base === "/" ? 1 : base.length + 1));
  });
}

/** Whether a pattern matches a path or a folder on the way to it. */
function matchesOnTheWay(pattern: string, path: string): boolean {
  const depth = pattern.split("/").length;
  const parts = path.split("/");
  return parts.length >= depth && compilePattern(pattern).test(parts.slice(0, depth).join("/"));
}

function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}
