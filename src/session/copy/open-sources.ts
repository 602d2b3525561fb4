import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { everyPath, excludePaths } from "../../build/context/path-filter.ts";
import type { CopyOperation, Source } from "../../dockerfile/plan-types.ts";
import { SlipwayError } from "../../errors.ts";
import type { CopyDialect } from "./dialect.ts";
import { createEngineTree } from "./engine-tree.ts";
import { fetchUrl } from "./fetch-url.ts";
import { createFileTree } from "./file-tree.ts";
import { findSources, type MissingSource } from "./find-sources.ts";
import { createFolderTree } from "./folder-tree.ts";
import { checkOut } from "./git-checkout.ts";
import { type GitRef, parseGitRef } from "./git-ref.ts";
import type { FoundSource } from "./place.ts";
import type { CopyDependencies, SourceTree } from "./types.ts";
import { isArchive } from "./unpack.ts";

export interface OpenedSource extends FoundSource {
  readonly unpack: boolean;
}

export interface OpenOptions {
  readonly dialect: CopyDialect;
  /** Existing folder for what is fetched; the opened sources read from it. */
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Everything that the words of a COPY or ADD stand for, in their order, heredocs last. What has to be fetched is fetched
 * here, so that nothing reaches the container when a source is missing or wrong.
 */
export async function openSources(
  operation: CopyOperation,
  deps: CopyDependencies,
  options: OpenOptions,
): Promise<readonly OpenedSource[]> {
  const tree = await openTree(operation.from, deps, options);
  const opened: OpenedSource[] = [];
  for (const [index, word] of operation.sources.entries()) {
    options.signal?.throwIfAborted();
    const scratch = join(options.scratch, String(index));
    opened.push(...(await openWord(word, operation, tree, deps, { ...options, scratch })));
  }
  for (const { name, content } of operation.inlineFiles) opened.push(openInline(name, content));
  return opened;
}

async function openWord(
  word: string,
  operation: CopyOperation,
  tree: SourceTree,
  deps: CopyDependencies,
  options: OpenOptions,
): Promise<readonly OpenedSource[]> {
  const git = parseGitRef(word);
  const isUrl = /^https?:\/\//.test(word);
  if ((git !== undefined || isUrl) && operation.kind === "copy") {
    throw new SlipwayError(
      "COPY_REMOTE",
      `${deps.place}: source can't be a ${git ? "git ref" : "URL"} for COPY: ${word}`,
      {
        hint: "use ADD",
      },
    );
  }
  if (git !== undefined) return [await openGit(git, operation, options)];
  if (isUrl) return [await openUrl(word, operation, options)];
  if (operation.checksum !== undefined) {
    throw new SlipwayError("COPY_CHECKSUM", `${deps.place}: --checksum requires HTTP(S) or Git sources, not ${word}`, {
      hint: "leave --checksum out for files of the build context",
    });
  }
  const found = await findSources(tree, word, operation, missingSource(operation.from, deps));
  const unpacks = operation.unpack ?? operation.kind === "add";
  return Promise.all(
    found.map(async (source) => ({ ...source, unpack: unpacks && (await isArchive(source, options.dialect)) })),
  );
}

async function openUrl(url: string, { checksum, unpack }: CopyOperation, options: OpenOptions): Promise<OpenedSource> {
  await mkdir(options.scratch);
  const { tree, name } = await fetchUrl(url, { checksum, folder: options.scratch, signal: options.signal });
  const source = await wholeTree(tree, `/${name}`);
  return { ...source, unpack: unpack === true && (await isArchive(source, options.dialect)) };
}

async function openGit(reference: GitRef, operation: CopyOperation, options: OpenOptions): Promise<OpenedSource> {
  await mkdir(options.scratch);
  const tree = await checkOut(
    { ...reference, commit: operation.checksum ?? reference.commit },
    {
      keepGitDir: reference.keepGitDir ?? operation.keepGitDir,
      folder: options.scratch,
      signal: options.signal,
    },
  );
  return { ...(await wholeTree(tree, "/")), unpack: false };
}

function openInline(name: string, content: string): OpenedSource {
  const bytes = Buffer.from(content);
  const file = { name, mode: 0o644, size: bytes.length, modified: BigInt(Date.now()) * 1_000_000n };
  const tree = createFileTree(file, async function* () {
    yield bytes;
  });
  return { tree, entry: tree.entry, name, filter: undefined, start: "", unpack: false };
}

async function wholeTree(tree: SourceTree, path: string): Promise<FoundSource> {
  const entry = await tree.entryAt(path);
  return { tree, entry: entry!, name: posix.basename(path), filter: undefined, start: "" };
}

async function openTree(from: Source, deps: CopyDependencies, options: OpenOptions): Promise<SourceTree> {
  if (from.kind === "stage" || from.kind === "image") return createEngineTree((path) => deps.archiveOf(from, path));
  if (from.kind === "scratch") return createEngineTree(async () => undefined);
  if (from.name === undefined) return createFolderTree(deps.context, excludePaths(deps.ignorePatterns));
  const value = deps.contexts[from.name];
  if (value === undefined) {
    throw new SlipwayError("CONTEXT_UNKNOWN", `${deps.place}: there is no build context ${from.name}`, {
      hint: `give one with --build-context ${from.name}=FOLDER`,
    });
  }
  return openNamedContext(from.name, value, deps, options);
}

async function openNamedContext(
  name: string,
  value: string,
  deps: CopyDependencies,
  { scratch, signal }: OpenOptions,
): Promise<SourceTree> {
  if (value.startsWith("docker-image://")) {
    const reference = value.slice("docker-image://".length);
    return createEngineTree((path) => deps.archiveOf({ kind: "image", reference, platform: undefined }, path));
  }
  const git = parseGitRef(value);
  if (git !== undefined) {
    const folder = join(scratch, "context");
    await mkdir(folder);
    return checkOut(git, { keepGitDir: git.keepGitDir ?? false, folder, signal });
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
    throw new SlipwayError(
      "CONTEXT_KIND",
      `${deps.place}: the build context ${name}=${value} can't be read in a session`,
      {
        hint: "give a folder, docker-image://REFERENCE, or a git repository",
      },
    );
  }
  return createFolderTree(value, everyPath);
}

/** BuildKit's words, and why a file that is there is not seen. */
function missingSource(from: Source, deps: CopyDependencies): MissingSource {
  return async (path) => {
    const isContext = from.kind === "context" && from.name === undefined;
    const ignored = isContext && (await createFolderTree(deps.context).find(path)) !== undefined;
    return new SlipwayError("COPY_SOURCE_MISSING", `${deps.place}: "${path}": not found`, {
      hint: ignored
        ? `${deps.ignoreFile ?? "the ignore file"} leaves it out of the build context`
        : isContext
          ? `sources are paths within the build context, ${deps.context}`
          : undefined,
    });
  };
}
