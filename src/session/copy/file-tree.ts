import type { ReadableEntry, SourceTree } from "./types.ts";

/** A tree that holds one file: a heredoc, or what a URL gave. `content` gives it anew for each call. */
export function createFileTree(
  file: { readonly name: string; readonly mode: number; readonly size: number; readonly modified: bigint },
  content: () => AsyncIterable<Uint8Array>,
): SourceTree & { readonly entry: ReadableEntry } {
  const entry: ReadableEntry = {
    path: `/${file.name}`,
    type: "file",
    mode: file.mode,
    uid: 0,
    gid: 0,
    size: file.size,
    modified: file.modified,
    target: undefined,
    hardLink: undefined,
    device: undefined,
    xattrs: new Map(),
    content,
  };
  const entryAt = async (path: string) => (path === entry.path ? entry : undefined);
  return {
    entry,
    seekable: true,
    entryAt,
    find: entryAt,
    list: async () => [entry],
    async *walk() {
      yield entry;
    },
  };
}
