import * as native from "native";
import { decide } from "../../policy/decide.ts";
import { isRepository, isShared, shareRepository } from "../../policy/git-repository.ts";
import { isLeftAlone, openPath, type TreeReader } from "../../policy/inspect-tree.ts";
import { type Place, placeAt, rootPlace } from "../../policy/place.ts";
import { POLICY_FILE, type Policy } from "../../policy/policy.ts";
import { check, EAGAIN, errnoText, InitError } from "../system/errors.ts";
import { readText } from "../system/files.ts";
import { type Loop, POLLIN, type Watcher } from "../system/loop.ts";
import { type Applied, applyPolicy, describeFailures, mendBelow, mendFolder, Outcome } from "./apply-policy.ts";
import { changeEntry, entryOf, type OpenFolder, openFolders, writeGitConfig } from "./open-folders.ts";
import { type PolicyFolder, readPolicy } from "./read-policy.ts";

/** Folders that are watched at most; each takes about 300 bytes here and 1 kB of the kernel. */
export const MOST_FOLDERS = 16_384;

const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_MOVED_FROM = 0x40;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_Q_OVERFLOW = 0x4000;
const IN_IGNORED = 0x8000;
const IN_ISDIR = 0x40000000;
const MASK = IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE;
const POLICY_FOLDER = POLICY_FILE.slice(0, POLICY_FILE.lastIndexOf("/"));
/** Asked only of the folder that a policy lies in: nobody is to be woken by every file that is written. */
const POLICY_CHANGES = IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_TO;
const ENOSPC = 28;

/** git and others make a file under two names for a moment. Milliseconds. */
const SECOND_LOOK = 150;
/** git writes its configuration in steps when it makes a repository. Milliseconds. */
const REPOSITORY_LOOK = 1000;
const REPOSITORY_LOOKS = 10;

interface Tree {
  readonly where: PolicyFolder;
  readonly root: WatchedFolder;
  policy: Policy;
}

interface WatchedFolder extends OpenFolder {
  /** Undefined where no watch could be had. */
  readonly watch: number | undefined;
  readonly tree: number;
}

/** A watched folder by its parent's watch and its name; the root has none. */
interface Known {
  readonly tree: number;
  readonly parent: number | undefined;
  readonly name: string;
}

/**
 * Keeps folders as their policies say: first all that is there, then whatever is made, moved in, or given other rights. Nothing wakes
 * it while nothing happens. What happens while the kernel's queue is full is found by looking at everything again.
 */
export class PermissionWatch implements Watcher {
  readonly fd: number;
  readonly #loop: Loop;
  readonly #report: (line: string) => void;
  readonly #most: number;
  readonly #known = new Map<number, Known>();
  readonly #trees: Tree[] = [];
  readonly #leaving = new Set<number>();
  readonly #told = new Set<string>();
  #again: (() => void) | undefined;

  /** Throws InitError as `applyPolicy` does. */
  constructor(
    folders: readonly PolicyFolder[],
    { loop, report, most = MOST_FOLDERS }: { loop: Loop; report: (line: string) => void; most?: number },
  ) {
    this.#loop = loop;
    this.#report = report;
    this.#most = most;
    this.fd = check(native.inotifyInit(), () => "inotify_init1");
    for (const where of folders) {
      // Before it is watched: each change would come back as an event, more of them than the kernel's queue holds.
      this.#tell(where, applyPolicy(where));
      const policy = readPolicy(where);
      const fd = check(native.open(where.folder, 0o200000, 0), () => `open ${where.folder}`);
      const tree = this.#trees.length;
      const root = { fd, tree, watch: this.#watchFolder(fd, { tree, parent: undefined, name: "" }, where.folder) };
      this.#trees.push({ where, root, policy });
    }
    for (const tree of this.#trees) this.#applyAll(tree);
    loop.watch(this);
  }

  wants(): number {
    return POLLIN;
  }

  ready(): void {
    const events = native.inotifyRead(this.fd);
    if (events === -EAGAIN) return;
    const read = check(events, () => "read of inotify");
    const touched = new Set<string>();
    for (let at = 0; at < read.length; at += 3)
      this.#take(read[at] as number, read[at + 1] as number, read[at + 2] as string, touched);
    for (const watch of this.#leaving) this.#forget(watch);
    this.#leaving.clear();
  }

  #take(watch: number, mask: number, name: string, touched: Set<string>): void {
    if (mask & IN_Q_OVERFLOW) this.#lookAgain();
    if (mask & IN_IGNORED) this.#known.delete(watch);
    const known = this.#known.get(watch);
    if (known === undefined) return;
    if (mask & IN_MOVED_FROM) {
      if (mask & IN_ISDIR)
        for (const [child, at] of this.#known) if (at.parent === watch && at.name === name) this.#leaving.add(child);
      return;
    }
    // Its parent is told of it too, by name; only a root has no parent.
    if (name === "" && known.parent !== undefined) return;
    const path = this.#pathOf(watch, name);
    const tree = this.#trees[known.tree]!;
    if (path === POLICY_FILE && tree.where.policyFile === undefined && (mask & POLICY_CHANGES) !== 0) {
      this.#readPolicyAgain(tree);
      return;
    }
    if ((mask & MASK) === 0) return;
    const isPolicyFolder = path === POLICY_FOLDER && tree.where.policyFile === undefined;
    // Of many events of one name, one look is enough.
    const key = `${known.tree}:${path}`;
    if (touched.has(key)) return;
    touched.add(key);
    this.#mend(tree, path, SECOND_LOOK);
    // The policy may have been in it before it was watched.
    if (isPolicyFolder && (mask & (IN_CREATE | IN_MOVED_TO)) !== 0) this.#readPolicyAgain(tree);
    if (name === "config" || name === "HEAD")
      this.#lookForRepository(tree, path.split("/").slice(0, -1), REPOSITORY_LOOKS);
  }

  /** Below its tree's folder. */
  #pathOf(watch: number, name: string): string {
    const names = name === "" ? [] : [name];
    for (let at = this.#known.get(watch); at?.parent !== undefined; at = this.#known.get(at.parent))
      names.unshift(at.name);
    return names.join("/");
  }

  #mend(tree: Tree, path: string, secondLook: number | undefined): void {
    const names = path === "" ? [] : path.split("/");
    const name = names.pop();
    const outcome = new Outcome();
    if (name === undefined) {
      mendFolder(tree.root, rootPlace(tree.policy), outcome);
      this.#tell(tree.where, outcome);
      return;
    }
    this.#within(tree, names, (folder) => {
      const stat = native.statIn(folder.fd, name);
      if (typeof stat === "number") return;
      const entry = entryOf(stat);
      const place = placeAt(tree.policy, path, entry.type === "folder");
      const wanted = decide(place, entry);
      if (wanted !== undefined && entry.type === "file" && entry.names > 1) {
        if (secondLook !== undefined) this.#loop.after(secondLook, () => this.#mend(tree, path, undefined));
        return;
      }
      if (wanted !== undefined) outcome.add(path, changeEntry(folder, name, entry, wanted));
      if (entry.type === "folder") this.#enter(tree, folder, name, place, outcome);
    });
    this.#tell(tree.where, outcome);
  }

  /** A folder that is new here: what was made in it before it was watched is found by a walk. */
  #enter(tree: Tree, parent: WatchedFolder, name: string, place: Place, outcome: Outcome): void {
    if (isLeftAlone(tree.policy, place)) return;
    const before = this.#known.size;
    const reader = this.#reader();
    const folder = reader.open(parent, name);
    if (folder === undefined || typeof folder === "string") return;
    try {
      // Known already: only its own rights changed.
      const isKnown =
        this.#known.size === before && !this.#leaving.has(folder.watch ?? -1) && folder.watch !== undefined;
      if (!isKnown) mendBelow(reader, tree.policy, folder, place, outcome);
      if (folder.watch !== undefined) this.#leaving.delete(folder.watch);
    } finally {
      reader.close(folder);
    }
  }

  /** Opens a folder of a tree for a moment; not at all where it is gone. */
  #within(tree: Tree, names: readonly string[], act: (folder: WatchedFolder) => void): void {
    const folder = openPath(this.#reader(), tree.root, names);
    if (folder === undefined) return;
    try {
      act(folder);
    } finally {
      if (folder !== tree.root) native.close(folder.fd);
    }
  }

  /** Folders are watched as they are opened. */
  #reader(): TreeReader<WatchedFolder> {
    return openFolders<WatchedFolder>((fd, { watch: parent, tree }, name) => {
      const watch = parent === undefined ? undefined : this.#watchFolder(fd, { tree, parent, name }, name);
      return { fd, tree, watch };
    });
  }

  #watchFolder(fd: number, known: Known, name: string): number | undefined {
    const watch = native.inotifyAdd(this.fd, fd, name === POLICY_FOLDER ? MASK | POLICY_CHANGES : MASK);
    if (watch >= 0) {
      const isNew = !this.#known.has(watch);
      if (isNew && this.#known.size >= this.#most) {
        native.inotifyRemove(this.fd, watch);
        this.#tellOnce(
          `more than ${this.#most} folders, ${JSON.stringify(name)} for one, are not watched: ${UNWATCHED}`,
        );
        return undefined;
      }
      this.#known.set(watch, known);
      return watch;
    }
    if (watch !== -ENOSPC) throw new InitError("no-watch", `inotify of ${name}: ${errnoText(-watch)}`);
    const limit = readText("/proc/sys/fs/inotify/max_user_watches").trim();
    this.#tellOnce(
      `the kernel gives no more watches (fs.inotify.max_user_watches is ${limit}), for ${JSON.stringify(name)} for one; ` +
        `raise it on the host: sysctl fs.inotify.max_user_watches=524288; ${UNWATCHED}`,
    );
    return undefined;
  }

  /** A folder that was moved out, with all below it. */
  #forget(watch: number): void {
    this.#known.delete(watch);
    native.inotifyRemove(this.fd, watch);
    for (const [child, { parent }] of this.#known) if (parent === watch) this.#forget(child);
  }

  #lookForRepository(tree: Tree, names: readonly string[], looks: number): void {
    const key = `${tree.where.folder}/${names.join("/")}`;
    if (this.#told.has(`repository ${key}`)) return;
    this.#told.add(`repository ${key}`);
    this.#loop.after(REPOSITORY_LOOK, () => {
      this.#told.delete(`repository ${key}`);
      this.#within(tree, names, (folder) => {
        const reader = this.#reader();
        const listed = reader.list(folder);
        if (typeof listed === "string" || !isRepository(listed)) return;
        const config = reader.readText(folder, "config");
        if (config === undefined || isShared(config)) return;
        const failure = writeGitConfig(folder, shareRepository(config));
        if (failure === "locked" && looks > 0) this.#lookForRepository(tree, names, looks - 1);
        else if (failure !== undefined) this.#tellOnce(`${key}/config: ${failure}`);
      });
    });
  }

  #readPolicyAgain(tree: Tree): void {
    try {
      tree.policy = readPolicy(tree.where);
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      this.#report(`${error.message}\nthe policy of before stays`);
      return;
    }
    this.#report(`${tree.where.folder}: the policy changed`);
    this.#applyAll(tree);
  }

  #lookAgain(): void {
    this.#again ??= this.#loop.after(SECOND_LOOK, () => {
      this.#again = undefined;
      for (const tree of this.#trees) this.#applyAll(tree);
    });
  }

  #applyAll(tree: Tree): void {
    const outcome = new Outcome();
    mendFolder(tree.root, rootPlace(tree.policy), outcome);
    mendBelow(this.#reader(), tree.policy, tree.root, rootPlace(tree.policy), outcome);
    this.#tell(tree.where, outcome);
  }

  #tell({ folder }: PolicyFolder, applied: Applied): void {
    for (const line of describeFailures(applied, folder)) this.#tellOnce(line);
  }

  /** The same trouble with thousands of files is one line. */
  #tellOnce(line: string): void {
    const reason = line.slice(line.lastIndexOf(": "));
    if (this.#told.has(reason)) return;
    this.#told.add(reason);
    this.#report(line);
  }
}

const UNWATCHED =
  "what is made in them is made right at the next start only; folders that need no watch can be excluded in .slipway/editor";
