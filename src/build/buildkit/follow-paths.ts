import { lstat, readdir, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import { includePaths } from "../context/path-filter.ts";

/**
 * The paths that the engine must see so that each of `paths` (the sources of COPY instructions, wildcards allowed in each part's last
 * name) can be followed: every symlink on the way and what it points to, never out of `root`. As fsutil's FollowLinks resolves them.
 * The result are patterns of an ignore file; `.` stands for the whole folder.
 */
export async function followPaths(root: string, paths: readonly string[]): Promise<string[]> {
  const resolved = new Set<string>();
  for (const path of paths) await followPath(root, path, resolved);
  return [...resolved].sort();
}

async function followPath(root: string, path: string, resolved: Set<string>): Promise<void> {
  // Joined to "/" first: `..` must not climb out of the context.
  const parts = posix
    .join("/", path)
    .split("/")
    .filter((part) => part !== "");
  let current = "";
  for (const [index, part] of parts.entries()) {
    current = current === "" ? part : `${current}/${part}`;
    const targets = await linkTargets(root, current);
    const last = index === parts.length - 1;
    if (targets.length > 0) {
      if (resolved.has(current)) return;
      resolved.add(current);
      const rest = parts.slice(index + 1).join("/");
      for (const target of targets) await followPath(root, posix.join(target, rest), resolved);
      return;
    }
    if (last) resolved.add(current);
  }
  if (parts.length === 0) resolved.add(".");
}

/** Where the symlinks that a path names point to; the last name may be a wildcard. */
async function linkTargets(root: string, path: string): Promise<string[]> {
  const folder = posix.dirname(path);
  const name = posix.basename(path);
  if (!/[*?[\\]/.test(name)) return linkTarget(root, path);
  const names = await readdir(join(root, folder)).catch(() => []);
  const pattern = includePaths([name]);
  const matching = names.filter((candidate) => pattern.includes(candidate, false));
  return (await Promise.all(matching.map((match) => linkTarget(root, posix.join(folder, match))))).flat();
}

async function linkTarget(root: string, path: string): Promise<string[]> {
  const stat = await lstat(join(root, path)).catch(() => undefined);
  if (!stat?.isSymbolicLink()) return [];
  const target = await readlink(join(root, path));
  return [posix.join("/", posix.isAbsolute(target) ? target : posix.join(posix.dirname(path), target))];
}
