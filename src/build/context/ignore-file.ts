import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseIgnoreFile } from "../../dockerfile/ignore.ts";
import { SlipwayError } from "../../errors.ts";
import type { DockerfileSource } from "../build-options.ts";

/**
 * The patterns of the ignore file that a build of this context obeys: `NAME.dockerignore` beside the Dockerfile wins over `.dockerignore`
 * in the context, and is not joined with it (Dockerfile reference, ".dockerignore file"). Empty when there is none.
 */
export async function readIgnorePatterns(
  contextFolder: string,
  dockerfile: DockerfileSource,
): Promise<readonly string[]> {
  const beside = dockerfile.kind === "file" ? await readIfThere(`${dockerfile.path}.dockerignore`) : undefined;
  const text = beside ?? (await readIfThere(join(contextFolder, ".dockerignore")));
  return text === undefined ? [] : parseIgnoreFile(text);
}

/** Undefined where there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new SlipwayError("CONTEXT_UNREADABLE", `the ignore file can't be read: ${path}: ${code}`, { cause });
  }
}
