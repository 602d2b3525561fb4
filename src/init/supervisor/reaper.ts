import * as native from "native";
import { ECHILD } from "../system/errors.ts";

/** Collects every child that ended: our own, and the orphans that a PID 1 or a subreaper inherits. */
export class Reaper {
  readonly #children = new Map<number, (ended: native.Ended) => void>();
  readonly #listeners = new Set<() => void>();

  watch(pid: number, onEnd: (ended: native.Ended) => void): void {
    this.#children.set(pid, onEnd);
  }

  /** Calls back after each round of deaths, also of processes that nobody watches; returns what takes it away again. */
  afterDeaths(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether children are left. */
  reap(): boolean {
    let some = false;
    for (;;) {
      const ended = native.wait();
      if (typeof ended === "number") {
        if (some) for (const listener of [...this.#listeners]) listener();
        return ended !== -ECHILD;
      }
      some = true;
      const onEnd = this.#children.get(ended.pid);
      this.#children.delete(ended.pid);
      onEnd?.(ended);
    }
  }
}
