import { type FSWatcher, watch } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { SessionOptions } from "../types.ts";

/**
 * Tells when one of these files comes, goes or changes. Their folders are watched, not the files: editors put a new file in
 * the place of the old one. Rejects with the system's error where that is refused.
 */
export async function watchFiles(paths: readonly string[], onChange: (path: string) => void): Promise<Disposable> {
  const files = new Map<string, string>();
  for (const path of paths) {
    files.set(path, path);
    // Of a symbolic link, both may change: the link, and the file that it leads to.
    const real = await realpath(path).catch(() => path);
    if (!files.has(real)) files.set(real, path);
  }
  const watchers: FSWatcher[] = [];
  const close = () => {
    for (const watcher of watchers) watcher.close();
  };
  try {
    for (const folder of new Set([...files.keys()].map((path) => dirname(path)))) {
      const watcher = watch(folder, (_, name) => {
        const path = name === null ? undefined : files.get(join(folder, basename(name)));
        if (path !== undefined) onChange(path);
      });
      // The folder itself went away: nothing to tell any more.
      watcher.on("error", () => watcher.close());
      watchers.push(watcher);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { [Symbol.dispose]: close };
}

/** The Dockerfile, and the ignore files that count for it. */
export function watchedFiles({ dockerfilePath, context }: SessionOptions): readonly string[] {
  return [dockerfilePath, `${dockerfilePath}.dockerignore`, join(context, ".dockerignore")];
}
