import type { PathFilter } from "../../build/context/path-filter.ts";
import { walkContext } from "../../build/context/walk-context.ts";

/** Of the time, at most this part goes into looking. */
const SHARE = 0.1;
const SHORTEST_PAUSE = 1000;

/** Looks at a tree again and again, for where it can't be watched: by names, sizes and times. */
export class TreePoll implements Disposable {
  readonly #root: string;
  readonly #filter: PathFilter;
  readonly #onChange: (path: string) => void;
  #known: ReadonlyMap<string, string> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: { root: string; filter: PathFilter; onChange: (path: string) => void }) {
    this.#root = options.root;
    this.#filter = options.filter;
    this.#onChange = options.onChange;
  }

  static async open(options: {
    readonly root: string;
    readonly filter: PathFilter;
    readonly onChange: (path: string) => void;
  }): Promise<TreePoll> {
    const poll = new TreePoll(options);
    const startedAt = performance.now();
    poll.#known = await poll.#look();
    poll.#plan(performance.now() - startedAt);
    return poll;
  }

  #plan(cost: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#compare(), Math.max(SHORTEST_PAUSE, cost / SHARE));
  }

  async #compare(): Promise<void> {
    const startedAt = performance.now();
    const before = this.#known;
    // A tree that can't be read right now, because it is being replaced, is read the next time.
    const now = await this.#look().catch(() => before);
    if (this.#closed) return;
    this.#known = now;
    for (const [path, state] of now) if (before.get(path) !== state) this.#onChange(path);
    for (const path of before.keys()) if (!now.has(path)) this.#onChange(path);
    this.#plan(performance.now() - startedAt);
  }

  async #look(): Promise<ReadonlyMap<string, string>> {
    const entries = new Map<string, string>();
    for await (const entry of walkContext(this.#root, { filter: this.#filter })) {
      const { path, type, mode, size, modified, target } = entry;
      entries.set(path, [type, mode, size, type === "directory" ? "" : modified, target].join(" "));
    }
    return entries;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}
