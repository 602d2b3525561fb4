import { posix } from "node:path";
import { SlipwayError } from "../../errors.ts";

/** As many links as the Linux kernel follows in one path, and more. */
const MAX_LINKS = 255;

/**
 * The real path of `path` below `root`, symbolic links followed in every part, never out of `root`. Parts that do not exist
 * stay as they are. `linkTarget` gives the target of a symbolic link, undefined for anything else.
 */
export async function resolvePath(
  path: string,
  root: string,
  linkTarget: (path: string) => Promise<string | undefined>,
): Promise<string> {
  const base = root === "/" ? "" : root;
  const parts = path.split("/");
  let current = base;
  let links = 0;
  while (parts.length > 0) {
    const part = parts.shift()!;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (current !== base) current = posix.dirname(current) === "/" ? "" : posix.dirname(current);
      continue;
    }
    const next = `${current}/${part}`;
    const target = await linkTarget(next);
    if (target === undefined) {
      current = next;
      continue;
    }
    if (++links > MAX_LINKS) {
      throw new SlipwayError("COPY_LINK_LOOP", `${path}: too many levels of symbolic links`, {
        hint: "one of them leads back to itself; name the file that is meant",
      });
    }
    parts.unshift(...target.split("/"));
    if (target.startsWith("/")) current = base;
  }
  return current === "" ? "/" : current;
}
