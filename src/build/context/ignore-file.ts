import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseIgnoreFile } from "../../dockerfile/ignore.ts";
import { SlipwayError } from "../../errors.ts";
import type { DockerfileSource } from "../build-options.ts";

export interface IgnoreFile {
  /** Without its folder. */
  readonly name: string;
  readonly patterns: readonly string[];
}

/**
 * The ignore file that a build of this context obeys: `NAME.dockerignore` beside the Dockerfile wins over `.dockerignore`
 * in the context, and is not joined with it (Dockerfile reference, ".dockerignore file"). Undefined when there is none.
 * Error CONTEXT_UNREADABLE.
 */
export async function readIgnoreFile(
  contextFolder: string,
  dockerfile: DockerfileSource,
): Promise<IgnoreFile | undefined> {
  const beside = await readIgnoreBeside(dockerfile);
  if (beside !== undefined) {
    const name = `${dockerfile.kind === "file" ? basename(dockerfile.path) : "Dockerfile"}.dockerignore`;
    return { name, patterns: parseIgnoreFile(beside) };
  }
  const text = await readIfThere(join(contextFolder, ".dockerignore"));
  return text === undefined ? undefined : { name: ".dockerignore", patterns: parseIgnoreFile(text) };
}

/** The text of the Dockerfile's own ignore file; undefined when it has none. Error CONTEXT_UNREADABLE. */
export async function readIgnoreBeside(dockerfile: DockerfileSource): Promise<string | undefined> {
  if (dockerfile.kind === "text") return dockerfile.ignore;
  return dockerfile.kind === "file" ? await readIfThere(`${dockerfile.path}.dockerignore`) : undefined;
}

/** The patterns of that file; none when there is no file. */
export async function readIgnorePatterns(
  contextFolder: string,
  dockerfile: DockerfileSource,
): Promise<readonly string[]> {
  return (await readIgnoreFile(contextFolder, dockerfile))?.patterns ?? [];
}

/** Undefined where there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new SlipwayError("CONTEXT_UNREADABLE", `the ignore file can't be read: ${path}: ${code}`, {
      hint: "make it a readable file",
      cause,
    });
  }
}
