import { join, relative } from "node:path";
import { readIgnorePatterns } from "../../build/context/ignore-file.ts";
import { excludePaths } from "../../build/context/path-filter.ts";
import { SlipwayError } from "../../errors.ts";
import type { SessionOptions } from "../types.ts";
import { watchedFiles, watchFiles } from "./file-watch.ts";
import { TreePoll } from "./tree-poll.ts";
import { lookAt, TreeWatch } from "./tree-watch.ts";

/** Milliseconds without a change after which a save is over. */
const QUIET = 40;
/** Milliseconds after which changes are taken although they go on. */
const LONGEST = 1000;

/**
 * Watches all that a replay depends on: the files of the context that its ignore file leaves in, that file, and the
 * Dockerfile. Changes are gathered until somebody asks for them.
 */
export class ProjectWatch implements Disposable {
  readonly #options: SessionOptions;
  readonly #warn: (message: string) => Promise<void>;
  #files: Disposable | undefined;
  #tree: TreeWatch | TreePoll | undefined;
  /** Paths with how often each came or went. */
  #pending = new Map<string, number>();
  #wake = () => {};
  /** A folder that came later can't be watched. */
  #refusal: NodeJS.ErrnoException | undefined;

  private constructor(options: SessionOptions, warn: (message: string) => Promise<void>) {
    this.#options = options;
    this.#warn = warn;
  }

  /**
   * `warn` is called where the system doesn't watch as many folders; files are looked at every few seconds then.
   * @throws SlipwayError WATCH_REFUSED
   */
  static async open(options: SessionOptions, warn: (message: string) => Promise<void>): Promise<ProjectWatch> {
    const project = new ProjectWatch(options, warn);
    try {
      project.#files = await watchFiles(watchedFiles(options), (path) =>
        project.#changed(relative(options.context, path), false),
      ).catch((error) => {
        throw unwatchable(error);
      });
      await project.#watchTree();
      return project;
    } catch (error) {
      project[Symbol.dispose]();
      throw error;
    }
  }

  /** Folders that are watched; 0 while they are looked at every few seconds instead. */
  get folders(): number {
    return this.#tree instanceof TreeWatch ? this.#tree.size : 0;
  }

  /**
   * Paths that changed since they were last asked for, relative to the context, once the save is over. Undefined when
   * `signal` is aborted.
   */
  async next(signal: AbortSignal): Promise<readonly string[] | undefined> {
    for (;;) {
      while (this.#pending.size === 0 && !signal.aborted) {
        await this.#event(signal);
        if (this.#refusal !== undefined) await this.#pollTree(this.#refusal);
      }
      const since = performance.now();
      while (!signal.aborted && performance.now() - since < LONGEST) {
        if (!(await this.#event(signal, QUIET))) break;
      }
      if (signal.aborted) return undefined;
      const paths = await this.#takePending();
      if (paths.some((path) => path.endsWith(".dockerignore"))) await this.#watchTree();
      if (paths.length > 0) return paths;
    }
  }

  /** Without the files that editors write beside the one that they save: what came and went again was never there. */
  async #takePending(): Promise<readonly string[]> {
    const pending = this.#pending;
    this.#pending = new Map();
    const paths: string[] = [];
    for (const [path, moves] of pending) {
      if (moves % 2 === 1 || moves === 0 || (await lookAt(join(this.#options.context, path)))) paths.push(path);
    }
    return paths.sort();
  }

  /** Waits for a change; false when `patience` milliseconds went by, or the signal came. */
  async #event(signal: AbortSignal, patience?: number): Promise<boolean> {
    const waited = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const isEvent = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true);
      signal.addEventListener("abort", () => resolve(false), { once: true, signal: waited.signal });
      if (patience !== undefined) timer = setTimeout(() => resolve(false), patience);
    });
    clearTimeout(timer);
    waited.abort();
    return isEvent;
  }

  #changed(path: string, moved: boolean): void {
    this.#pending.set(path, (this.#pending.get(path) ?? 0) + (moved ? 1 : 0));
    this.#wake();
  }

  /** With the ignore file as it is now. */
  async #watchTree(): Promise<void> {
    const polls = this.#tree instanceof TreePoll;
    this.#tree?.[Symbol.dispose]();
    const options = await this.#treeOptions();
    if (polls) {
      this.#tree = await TreePoll.open(options);
      return;
    }
    const onRefused = (error: NodeJS.ErrnoException): void => {
      this.#refusal = error;
      this.#wake();
    };
    try {
      this.#tree = await TreeWatch.open({ ...options, onRefused });
    } catch (error) {
      await this.#pollTree(error as NodeJS.ErrnoException);
    }
  }

  async #pollTree(refusal: NodeJS.ErrnoException): Promise<void> {
    this.#tree?.[Symbol.dispose]();
    this.#refusal = undefined;
    await this.#warn(limitMessage(refusal));
    this.#tree = await TreePoll.open(await this.#treeOptions());
  }

  async #treeOptions() {
    const { context, dockerfilePath } = this.#options;
    const patterns = await readIgnorePatterns(context, { kind: "file", path: dockerfilePath });
    return {
      root: context,
      filter: excludePaths(patterns),
      onChange: (path: string, moved = false) => this.#changed(path, moved),
    };
  }

  [Symbol.dispose](): void {
    this.#files?.[Symbol.dispose]();
    this.#tree?.[Symbol.dispose]();
  }
}

function limitMessage(error: NodeJS.ErrnoException): string {
  const limit =
    error.code === "ENOSPC"
      ? "the limit of watched folders (fs.inotify.max_user_watches) is reached"
      : `folders can't be watched (${error.code ?? error.message})`;
  return `${limit}: the files of the context are looked at every few seconds instead. A .dockerignore that leaves more out helps, or a higher limit.`;
}

function unwatchable(error: NodeJS.ErrnoException): SlipwayError {
  return new SlipwayError("WATCH_REFUSED", `the Dockerfile's folder can't be watched: ${error.code}`, {
    hint:
      error.code === "EMFILE" || error.code === "ENOSPC"
        ? "raise fs.inotify.max_user_instances or fs.inotify.max_user_watches, or end other programs that watch files"
        : "make it readable",
    cause: error,
  });
}
