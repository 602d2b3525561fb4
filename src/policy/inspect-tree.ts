import { decide, type Entry, type Wanted } from "./decide.ts";
import { isRepository, isShared } from "./git-repository.ts";
import { type Place, placeAt, placeIn } from "./place.ts";
import type { Policy } from "./policy.ts";

/**
 * How a walk sees files; both programs have one. An open folder is the folder itself, whatever its path leads to meanwhile, and no
 * symbolic link is ever followed: a walk as root can't be led out of the tree.
 */
export interface TreeReader<Folder> {
  /** A text instead: why it can't be opened; undefined: it is gone, or no folder any more. */
  open(parent: Folder, name: string): Folder | string | undefined;
  /** Names, without `.` and `..`; a text: why not. */
  list(folder: Folder): readonly string[] | string;
  /** Undefined: gone. */
  stat(folder: Folder, name: string): Entry | undefined;
  /** A small file of a folder; undefined where it can't be read. */
  readText(folder: Folder, name: string): string | undefined;
  close(folder: Folder): void;
}

/** Something that is not as the policy wants it. `folder` is open until the walk goes on, and its own path is `place.path`'s parent. */
export type Finding<Folder> =
  | {
      readonly kind: "entry";
      readonly place: Place;
      readonly folder: Folder;
      readonly entry: Entry;
      readonly wanted: Wanted;
    }
  /** git would make files in it that the group can't write; `folder` is the repository itself. */
  | { readonly kind: "repository"; readonly place: Place; readonly folder: Folder; readonly config: string }
  | { readonly kind: "closed"; readonly place: Place; readonly reason: string }
  /** It has other names outside of the tree: to change it would change them. */
  | { readonly kind: "linked"; readonly place: Place; readonly entry: Entry; readonly wanted: Wanted };

interface Open<Folder> {
  readonly place: Place;
  readonly folder: Folder;
  readonly names: readonly string[];
  at: number;
}

/** How many names are looked at between two pauses. */
const PAUSE = 512;

/**
 * Looks at all below a folder, outermost first, and gives what is wrong; undefined now and then, so that the caller can do something else
 * meanwhile. The folder itself and its own entry are the caller's.
 */
export function* inspectTree<Folder>(
  reader: TreeReader<Folder>,
  policy: Policy,
  root: { readonly folder: Folder; readonly place: Place },
): Generator<Finding<Folder> | undefined, void> {
  const linked = new Map<string, { seen: number; place: Place; entry: Entry; wanted: Wanted }>();
  const stack: Open<Folder>[] = [];
  try {
    const first = listFolder(reader, root.place, root.folder);
    if ("kind" in first) return void (yield first);
    stack.push(first);
    yield* inspectRepository(reader, first);
    for (let count = 1; stack.length > 0; count++) {
      if (count % PAUSE === 0) yield undefined;
      const open = stack.at(-1)!;
      if (open.at === open.names.length) {
        stack.pop();
        if (open !== first) reader.close(open.folder);
        continue;
      }
      const name = open.names[open.at++]!;
      const entry = reader.stat(open.folder, name);
      if (entry === undefined) continue;
      const place = placeIn(policy, open.place, name, entry.type === "folder");
      const wanted = decide(place, entry);
      if (wanted !== undefined) {
        if (entry.type === "file" && entry.names > 1) remember(linked, place, entry, wanted);
        else yield { kind: "entry", place, folder: open.folder, entry, wanted };
      }
      if (entry.type !== "folder" || isLeftAlone(policy, place)) continue;
      const folder = reader.open(open.folder, name);
      if (folder === undefined) continue;
      if (typeof folder === "string") {
        yield closed(place, folder);
        continue;
      }
      const next = listFolder(reader, place, folder as Folder);
      if ("kind" in next) {
        reader.close(folder as Folder);
        yield next;
        continue;
      }
      stack.push(next);
      yield* inspectRepository(reader, next);
    }
    yield* inspectLinked(reader, policy, root.folder, linked);
  } finally {
    for (const { folder } of stack) if (folder !== root.folder) reader.close(folder);
  }
}

/** An excluded folder is not even looked into, unless a later rule could bring something in it back. */
export function isLeftAlone(policy: Policy, { access, rule, path }: Place): boolean {
  return access === "exclude" && !policy.rules.some(({ above }, index) => index > rule && above.test(path));
}

function closed(place: Place, reason: string): Finding<never> {
  return { kind: "closed", place, reason };
}

function listFolder<Folder>(reader: TreeReader<Folder>, place: Place, folder: Folder): Open<Folder> | Finding<Folder> {
  const names = reader.list(folder);
  return typeof names === "string" ? closed(place, names) : { place, folder, names, at: 0 };
}

function* inspectRepository<Folder>(
  reader: TreeReader<Folder>,
  { place, folder, names }: Open<Folder>,
): Generator<Finding<Folder>, void> {
  if (place.access !== "read-write" && place.access !== "served") return;
  if (!isRepository(names)) return;
  const config = reader.readText(folder, "config");
  if (config !== undefined && !isShared(config)) yield { kind: "repository", place, folder, config };
}

function remember(
  linked: Map<string, { seen: number; place: Place; entry: Entry; wanted: Wanted }>,
  place: Place,
  entry: Entry,
  wanted: Wanted,
): void {
  const known = linked.get(entry.identity);
  if (known) known.seen++;
  else linked.set(entry.identity, { seen: 1, place, entry, wanted });
}

/** A file of several names is changed when all of them are in the tree, by the first that was met. */
function* inspectLinked<Folder>(
  reader: TreeReader<Folder>,
  policy: Policy,
  root: Folder,
  linked: ReadonlyMap<string, { seen: number; place: Place; entry: Entry; wanted: Wanted }>,
): Generator<Finding<Folder>, void> {
  for (const { seen, place, entry, wanted } of linked.values()) {
    if (seen < entry.names) {
      yield { kind: "linked", place, entry, wanted };
      continue;
    }
    const names = place.path.split("/");
    const found = openPath(reader, root, names.slice(0, -1));
    if (found === undefined) continue;
    try {
      const now = reader.stat(found, names.at(-1)!);
      const still = now && now.type === "file" && decide(placeAt(policy, place.path, false), now);
      if (still && now.identity === entry.identity)
        yield { kind: "entry", place, folder: found, entry: now, wanted: still };
    } finally {
      if (found !== root) reader.close(found);
    }
  }
}

/** Opens a folder below another, name by name; undefined where one is missing or closed. */
export function openPath<Folder>(
  reader: TreeReader<Folder>,
  root: Folder,
  names: readonly string[],
): Folder | undefined {
  let folder = root;
  for (const name of names) {
    const next = reader.open(folder, name);
    if (folder !== root) reader.close(folder);
    if (next === undefined || typeof next === "string") return undefined;
    folder = next as Folder;
  }
  return folder;
}
