import { readFile } from "node:fs/promises";
import { DockerfileError } from "../dockerfile/errors.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { Dockerfile } from "../dockerfile/types.ts";
import { SlipwayError } from "../errors.ts";
import type { DockerfileSource } from "./build-options.ts";

/** The Dockerfile of a build where Slipway can see it: its text, its model, and what to call it in messages. */
export interface LoadedDockerfile {
  readonly name: string;
  readonly text: string;
  readonly model: Dockerfile;
}

/**
 * Reads and checks the Dockerfile before anything is sent. Undefined when only the engine can see it.
 * Errors: DOCKERFILE_MISSING, and DockerfileError with every mistake. One written for another frontend (`# syntax=`) is not judged.
 */
export async function loadDockerfile(source: DockerfileSource): Promise<LoadedDockerfile | undefined> {
  if (source.kind === "inside") return undefined;
  const text = source.kind === "text" ? source.text : await readDockerfile(source.path);
  const model = parseDockerfile(text);
  const name = source.kind === "text" ? (source.name ?? "Dockerfile") : source.path;
  const errors = model.problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && hasOurSyntax(model.directives.syntax)) throw new DockerfileError(name, text, errors);
  return { name, text, model };
}

/** Whether the `# syntax=` of a Dockerfile is the Dockerfile reference's own. */
export function hasOurSyntax(syntax: string | undefined): boolean {
  return syntax === undefined || /^(docker\.io\/)?docker\/dockerfile(-upstream)?([:@]|$)/.test(syntax);
}

async function readDockerfile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "there is no Dockerfile at" : "the Dockerfile can't be read:";
    throw new SlipwayError("DOCKERFILE_MISSING", `${what} ${path}${code === "ENOENT" ? "" : `: ${code}`}`, {
      hint: "name it with --file FILE",
      cause,
    });
  }
}
