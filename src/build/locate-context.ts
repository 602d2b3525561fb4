import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { ExitCode, SlipwayError } from "../errors.ts";
import type { BuildContext, DockerfileSource } from "./build-options.ts";

/**
 * Understands the place that a build is given, as docker build does: a folder, the URL of a git repository or an archive, or `-` for
 * standard input (an archive, or a Dockerfile alone). `file` is `--file`: relative to `cwd` when the context is a folder.
 * Errors: CONTEXT_MISSING, USAGE.
 */
export async function locateContext(
  place: string,
  file: string | undefined,
  { cwd, stdin }: { readonly cwd: string; readonly stdin: Readable },
): Promise<{ readonly context: BuildContext; readonly dockerfile: DockerfileSource }> {
  if (place === "-") return locateStandardInput(file, stdin);
  const given: DockerfileSource | undefined = file === "-" ? { kind: "text", text: await text(stdin) } : undefined;
  if (isRemote(place)) {
    return {
      context: { kind: "remote", url: place },
      dockerfile: given ?? { kind: "inside", path: file ?? "Dockerfile" },
    };
  }
  const path = resolve(cwd, place);
  await requireFolder(path);
  const dockerfile = given ?? {
    kind: "file",
    path: file === undefined ? await defaultDockerfile(path) : resolve(cwd, file),
  };
  return { context: { kind: "folder", path }, dockerfile };
}

/** Prefixes and forms that docker's client takes for git repositories and archives. */
function isRemote(place: string): boolean {
  return /^(https?|git|ssh):\/\/|^git@[^:/]+:|^github\.com\//.test(place);
}

/** Errors: CONTEXT_MISSING. */
export async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError("CONTEXT_MISSING", `the build context can't be found: ${path}: ${cause.code}`, {
      hint: "name a folder, a URL, or - for standard input",
      cause,
    });
  });
  if (found.isDirectory()) return;
  throw new SlipwayError("CONTEXT_MISSING", `the build context must be a folder: ${path}`, {
    hint: `to build this Dockerfile: --file ${path}`,
  });
}

/** `dockerfile` is taken where there is no `Dockerfile`, as docker does. */
export async function defaultDockerfile(folder: string): Promise<string> {
  for (const name of ["Dockerfile", "dockerfile"]) {
    const path = join(folder, name);
    if (
      await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return path;
  }
  return join(folder, "Dockerfile");
}

async function locateStandardInput(
  file: string | undefined,
  stdin: Readable,
): Promise<{ context: BuildContext; dockerfile: DockerfileSource }> {
  if (file === "-") {
    throw new SlipwayError("USAGE", "standard input can't be both the context and the Dockerfile", {
      exitCode: ExitCode.usage,
      hint: "give one of them another way",
    });
  }
  const { head, stream } = await peek(stdin, archiveMagicEnd);
  if (isArchive(head))
    return { context: { kind: "archive", stream }, dockerfile: { kind: "inside", path: file ?? "Dockerfile" } };
  return { context: { kind: "empty" }, dockerfile: { kind: "text", text: await text(stream) } };
}

/** The end of `ustar` in a tar header. */
const archiveMagicEnd = 262;

function isArchive(head: Buffer): boolean {
  const magic = [
    [0x1f, 0x8b],
    [0x42, 0x5a, 0x68],
    [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    [0x28, 0xb5, 0x2f, 0xfd],
  ];
  if (magic.some((bytes) => head.subarray(0, bytes.length).equals(Buffer.from(bytes)))) return true;
  return head.subarray(257, archiveMagicEnd).toString("latin1") === "ustar";
}

/** The first bytes of a stream, and the stream as if they had not been read. */
async function peek(stream: Readable, length: number): Promise<{ head: Buffer; stream: Readable }> {
  const chunks: Buffer[] = [];
  let read = 0;
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  while (read < length) {
    const next = await iterator.next();
    if (next.done) break;
    chunks.push(Buffer.from(next.value));
    read += next.value.length;
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield* chunks;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  return { head: Buffer.concat(chunks), stream: Readable.from(whole(), { objectMode: false }) };
}
