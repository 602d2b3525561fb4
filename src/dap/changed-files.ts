import { formatSize } from "../format.ts";
import type { FileChange } from "../protocol/messages.ts";
import type { Value } from "./variables.ts";

/** The unified diff of a text file; undefined for what is none. */
export type ReadPatch = (path: string) => Promise<string | undefined>;

interface Folder {
  readonly path: string;
  change: FileChange | undefined;
  readonly folders: Map<string, Folder>;
  readonly files: FileChange[];
}

/** Changed files as a tree of folders; folders that hold nothing but another one are shown as one. */
export function showChanges(changes: readonly FileChange[], readPatch: ReadPatch): readonly Value[] {
  const root: Folder = { path: "", change: undefined, folders: new Map(), files: [] };
  for (const change of changes) {
    if (change.timesOnly === true) continue;
    const folder = change.path.slice(1).split("/").slice(0, -1).reduce(openFolder, root);
    if (change.type === "directory") openFolder(folder, change.path.slice(folder.path.length + 1)).change = change;
    else folder.files.push(change);
  }
  return showFolder(root, readPatch);
}

function openFolder(parent: Folder, name: string): Folder {
  const known = parent.folders.get(name);
  const folder = known ?? { path: `${parent.path}/${name}`, change: undefined, folders: new Map(), files: [] };
  parent.folders.set(name, folder);
  return folder;
}

function showFolder(folder: Folder, readPatch: ReadPatch): readonly Value[] {
  const folders = [...folder.folders.values()].map((child) => {
    let shown = child;
    while (shown.change === undefined && shown.files.length === 0 && shown.folders.size === 1) {
      shown = [...shown.folders.values()][0]!;
    }
    const count = countChanges(shown);
    const own = shown.change === undefined ? [] : [`${shown.change.kind}, ${describeOwner(shown.change)}`];
    const inside = count === 0 ? [] : [`${count} ${count === 1 ? "change" : "changes"} in it`];
    return {
      name: `${shown.path.slice(folder.path.length + 1)}/`,
      value: [...own, ...inside].join("; "),
      path: shown.path,
      ...(count === 0 ? {} : { children: () => showFolder(shown, readPatch) }),
    };
  });
  return [...folders, ...folder.files.map((change) => showFile(change, readPatch))];
}

function countChanges(folder: Folder): number {
  const below = [...folder.folders.values()];
  return below.reduce((sum, child) => sum + countChanges(child) + (child.change ? 1 : 0), folder.files.length);
}

function showFile(change: FileChange, readPatch: ReadPatch): Value {
  const { path, kind, type, size, target } = change;
  const what = target !== undefined ? `→ ${target}` : type === "file" ? formatSize(size) : type;
  const value = {
    name: path.slice(path.lastIndexOf("/") + 1),
    value: kind === "removed" ? `removed, ${what}` : `${kind}, ${what}, ${describeOwner(change)}`,
    type,
    path,
  };
  if (type !== "file") return value;
  return {
    ...value,
    children: async () => {
      const patch = await readPatch(path);
      if (!patch) return [{ name: "content", value: "no text, or unchanged" }];
      return patch
        .trimEnd()
        .split("\n")
        .map((line, index) => ({ name: String(index + 1), value: line }));
    },
  };
}

function describeOwner({ mode, uid, gid }: FileChange): string {
  return `${mode.toString(8).padStart(4, "0")} ${uid}:${gid}`;
}
