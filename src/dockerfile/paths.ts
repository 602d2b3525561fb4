import { posix } from "node:path";

/** As Go's path.Clean: no `.`, no `..` that can be resolved, no double or trailing slash. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

/** As Go's path.Join: empty parts are skipped, the rest is cleaned. */
export function joinPath(...parts: readonly string[]): string {
  const present = parts.filter((part) => part !== "");
  return present.length === 0 ? "" : cleanPath(present.join("/"));
}

/** WORKDIR's rule: an absolute path is kept as it was written, a relative one is joined to the folder before and cleaned. */
export function resolveWorkdir(current: string, path: string): string {
  return path.startsWith("/") ? path : joinPath("/", current, path);
}

/** Where COPY puts things: absolute; a trailing slash (or `.`) stays visible as a trailing slash, because it means a folder. */
export function resolveDestination(workdir: string, path: string): string {
  const target = resolveWorkdir(workdir, path);
  const folder = path === "" || path === "." || path.endsWith("/") || path.endsWith("/.");
  const clean = cleanPath(target);
  return folder && !clean.endsWith("/") ? `${clean}/` : clean;
}
