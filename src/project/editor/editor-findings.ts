import { lstatSync, realpathSync } from "node:fs";
import { platform } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { SlipwayError } from "../../errors.ts";
import { decide, type Entry, type Wanted } from "../../policy/decide.ts";
import { shareRepository } from "../../policy/git-repository.ts";
import { type Finding, inspectTree } from "../../policy/inspect-tree.ts";
import type { Place } from "../../policy/place.ts";
import { EDITOR_GID } from "../../policy/policy.ts";
import { type FoundPolicy, findPolicy, placeOfFolder } from "./find-policy.ts";
import { changeEntry, entryOf, nodeTree, type OpenFolder, openFolder, writeGitConfig } from "./node-tree.ts";

/** Something in a tree that keeps members of the editor group from working in it. */
export interface EditorFinding {
  /** Absolute. */
  readonly path: string;
  readonly kind: "parent" | Finding<never>["kind"];
  readonly entry: Entry | undefined;
  readonly wanted: Wanted | undefined;
  /** Of `closed`: why it can't be looked into. */
  readonly reason: string | undefined;
  /** Mends it. A text: why that failed. Missing: it can only be mended by hand. Works until the next finding is asked for. */
  readonly mend: (() => string | undefined) | undefined;
}

export interface EditorTree {
  readonly path: string;
  readonly found: FoundPolicy;
  findings(signal: AbortSignal): AsyncGenerator<EditorFinding, void>;
}

/** The tree below a folder; nothing is read but the policy before `findings` is asked. */
export function editorTree(given: string, cwd: string): EditorTree {
  if (platform() !== "linux") {
    throw new SlipwayError("UNSUPPORTED", "the editor group is for Linux", {
      hint: "Docker Desktop gives files of your own to containers by itself",
    });
  }
  const path = resolveFolder(given, cwd);
  const found = findPolicy(path);
  return { path, found, findings: (signal) => findAll(path, found, signal) };
}

function resolveFolder(given: string, cwd: string): string {
  try {
    const path = realpathSync(resolve(cwd, given));
    if (lstatSync(path).isDirectory()) return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SlipwayError("NO_FOLDER", `${given} can't be opened: ${code}`, { cause: error });
  }
  throw new SlipwayError("NO_FOLDER", `${given} is no folder`, { hint: "name the project's folder" });
}

async function* findAll(path: string, found: FoundPolicy, signal: AbortSignal): AsyncGenerator<EditorFinding, void> {
  yield* closedParents(path);
  const place = placeOfFolder(found, path);
  yield* rootFinding(path, place);
  const folder = openRoot(path);
  if ("kind" in folder) return void (yield folder);
  try {
    for (const finding of inspectTree(nodeTree, found.policy, { folder, place })) {
      if (finding === undefined) {
        await setImmediate();
        signal.throwIfAborted();
      } else yield describe(found.root, finding);
    }
  } finally {
    nodeTree.close(folder);
  }
}

/** Folders above the tree that members can't pass. */
function* closedParents(path: string): Generator<EditorFinding> {
  for (let parent = dirname(path), child = path; parent !== child; child = parent, parent = dirname(parent)) {
    const entry = entryOf(lstatSync(parent));
    const passable = (entry.mode & 1) !== 0 || (entry.gid === EDITOR_GID && (entry.mode & 0o010) !== 0);
    if (!passable) yield { path: parent, kind: "parent", entry, wanted: undefined, reason: undefined, mend: undefined };
  }
}

function* rootFinding(path: string, place: Place): Generator<EditorFinding> {
  const entry = entryOf(lstatSync(path));
  const wanted = decide(place, entry);
  if (wanted === undefined) return;
  const mend = () => {
    const folder = openFolder(dirname(path));
    try {
      return changeEntry(folder, Buffer.from(basename(path)).toString("latin1"), entry, wanted);
    } finally {
      nodeTree.close(folder);
    }
  };
  yield { path, kind: "entry", entry, wanted, reason: undefined, mend };
}

function openRoot(path: string): OpenFolder | EditorFinding {
  try {
    return openFolder(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return { path, kind: "closed", entry: undefined, wanted: undefined, reason, mend: undefined };
  }
}

function describe(root: string, finding: Finding<OpenFolder>): EditorFinding {
  const below = Buffer.from(finding.place.path, "latin1").toString();
  const path = below === "" ? root : `${root === "/" ? "" : root}/${below}`;
  const plain = { path, kind: finding.kind, entry: undefined, wanted: undefined, reason: undefined, mend: undefined };
  switch (finding.kind) {
    case "entry": {
      const { folder, place, entry, wanted } = finding;
      const name = place.path.slice(place.path.lastIndexOf("/") + 1);
      return { ...plain, entry, wanted, mend: () => changeEntry(folder, name, entry, wanted) };
    }
    case "repository":
      return { ...plain, mend: () => writeGitConfig(finding.folder, shareRepository(finding.config)) };
    case "linked":
      return { ...plain, entry: finding.entry, wanted: finding.wanted };
    case "closed":
      return { ...plain, reason: finding.reason };
  }
}
