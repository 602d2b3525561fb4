import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pack } from "tar-stream";
import type { ByteStream } from "../../engine/request.ts";
import type { BuildOptions } from "../build-options.ts";
import { readIfThere, readIgnorePatterns } from "../context/ignore-file.ts";
import { type ExtraFile, packContext } from "../context/pack-context.ts";
import { excludePaths, type PathFilter } from "../context/path-filter.ts";
import type { WalkOptions } from "../context/walk-context.ts";

/** What `POST /build` gets: an archive, or a URL to fetch one from; and the Dockerfile's path in it. */
export interface ClassicContext {
  readonly body: ByteStream | undefined;
  readonly remote: string | undefined;
  readonly dockerfile: string;
}

/** Name in the archive of a Dockerfile that is not in the context. */
const outsideName = ".slipway.dockerfile";
const ignoreName = ".dockerignore";

export async function openClassicContext(
  options: BuildOptions,
  walk: Omit<WalkOptions, "filter">,
): Promise<ClassicContext> {
  const { context, dockerfile } = options;
  const inside = dockerfile.kind === "inside" ? dockerfile.path : "Dockerfile";
  if (context.kind === "remote") return { body: undefined, remote: context.url, dockerfile: inside };
  if (context.kind === "archive") return { body: context.stream, remote: undefined, dockerfile: inside };
  const text =
    dockerfile.kind === "file"
      ? await readFile(dockerfile.path, "utf8")
      : dockerfile.kind === "text"
        ? dockerfile.text
        : "";
  if (context.kind === "empty") {
    const archive = pack();
    archive.entry({ name: inside, mtime: new Date(0) }, text);
    archive.finalize();
    return { body: archive, remote: undefined, dockerfile: inside };
  }
  const filter = excludePaths(await readIgnorePatterns(context.path, dockerfile));
  const name = dockerfile.kind === "file" ? nameWithin(context.path, dockerfile.path) : undefined;
  if (name !== undefined && filter.includes(name, false)) {
    return { body: packContext(context.path, { ...walk, filter }), remote: undefined, dockerfile: name };
  }
  // Outside, or ignored: the build must not see it among the files of the context.
  const extra = await outsideDockerfile(context.path, filter, text);
  return { body: packContext(context.path, { ...walk, filter }, extra), remote: undefined, dockerfile: outsideName };
}

function nameWithin(folder: string, path: string): string | undefined {
  const name = relative(folder, path);
  return name.startsWith("..") ? undefined : name.split(sep).join("/");
}

/** The builder drops from the context what .dockerignore names among its own two files: so `COPY .` copies neither. */
async function outsideDockerfile(folder: string, filter: PathFilter, text: string): Promise<readonly ExtraFile[]> {
  const ignored = filter.includes(ignoreName, false) ? await readIfThere(join(folder, ignoreName)) : undefined;
  return [
    { path: ignoreName, content: `${ignored ?? ignoreName}\n${outsideName}\n` },
    { path: outsideName, content: text },
  ];
}
