import type { WatcherOptions } from "./configuration.ts";
import { suggestName } from "./findings.ts";
import { type SectionOptions, tellError } from "./section-options.ts";

export interface ReadWatcher {
  readonly watcher: WatcherOptions;
  readonly options: SectionOptions;
}

/** `after` names watchers, and no chain of them comes back to where it began. */
export function checkOrder(read: readonly ReadWatcher[]): void {
  const byName = new Map(read.map((one) => [one.watcher.name, one]));
  for (const { watcher, options } of read)
    for (const name of watcher.after) {
      if (byName.has(name)) continue;
      tellError(options, "after", `after: there is no watcher ${name}`, suggestName(name, byName.keys()));
    }

  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const one = byName.get(name);
    if (!one || done.has(name)) return;
    const start = path.indexOf(name);
    if (start !== -1) {
      const circle = [...path.slice(start), name].join(" after ");
      tellError(one.options, "after", `after: watchers wait for each other: ${circle}`);
      return;
    }
    for (const before of one.watcher.after) visit(before, [...path, name]);
    done.add(name);
  };
  for (const name of byName.keys()) visit(name, []);
}
