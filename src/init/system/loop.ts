import { now, poll, runJobs } from "native";

export const POLLIN = 1;
export const POLLOUT = 4;

/** poll counts in an int. */
const LONGEST_POLL_MS = 2 ** 31 - 1;

/** In a row, after which a watcher is left out. */
const MOST_FAILURES = 100;

export interface Watcher {
  readonly fd: number;
  /** POLLIN, POLLOUT, both, or 0 to be left out this time (also of hang-ups). */
  wants(): number;
  ready(events: number): void;
}

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** One poll over everything, and what promises wait for before it; nothing that it calls may block. */
export class Loop {
  readonly #watchers = new Set<Watcher>();
  readonly #timers = new Set<Timer>();
  #fds = new Int32Array(2 * 64);
  /** By watcher: how often it went wrong in a row. */
  readonly #failures = new Map<Watcher, number>();
  #stopped = false;
  #onError: ((error: unknown) => void) | undefined;

  watch(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#failures.delete(watcher);
  }

  /** Returns a function that cancels it. */
  after(milliseconds: number, action: () => void): () => void {
    const timer = { due: now() + milliseconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** With `onError`, what goes wrong in one of those that it calls is told there and ends nothing else: for a PID 1. */
  run(onError?: (error: unknown) => void): void {
    this.#onError = onError;
    while (!this.#stopped) this.#turn();
  }

  #turn(): void {
    this.#call(runJobs);
    if (this.#stopped) return;
    const polled: Watcher[] = [];
    if (this.#fds.length < 2 * this.#watchers.size) this.#fds = new Int32Array(4 * this.#watchers.size);
    for (const watcher of this.#watchers) {
      const events = watcher.wants();
      if (events === 0) continue;
      this.#fds[2 * polled.length] = watcher.fd;
      // struct pollfd: events is the lower half of the second word, revents the upper; every target is little-endian.
      this.#fds[2 * polled.length + 1] = events;
      polled.push(watcher);
    }
    const fds = this.#fds;
    if (poll(fds.buffer, polled.length, this.#untilNextTimer()) > 0) {
      polled.forEach((watcher, index) => {
        const events = fds[2 * index + 1]! >>> 16;
        // One that was called before may have taken it out.
        if (events === 0 || !this.#watchers.has(watcher)) return;
        if (this.#call(() => watcher.ready(events))) this.#failures.delete(watcher);
        else this.#countFailure(watcher);
      });
    }
    for (const timer of this.#timers) {
      if (timer.due > now()) continue;
      this.#timers.delete(timer);
      this.#call(timer.action);
    }
  }

  /** What a watcher never takes in would make the loop turn for ever. */
  #countFailure(watcher: Watcher): void {
    const count = (this.#failures.get(watcher) ?? 0) + 1;
    this.#failures.set(watcher, count);
    if (count === MOST_FAILURES) this.unwatch(watcher);
  }

  /** Whether it went well. */
  #call(action: () => void): boolean {
    if (!this.#onError) {
      action();
      return true;
    }
    try {
      action();
      return true;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }

  #untilNextTimer(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const timer of this.#timers) next = Math.min(next, timer.due);
    return next === Number.POSITIVE_INFINITY ? -1 : Math.min(LONGEST_POLL_MS, Math.max(0, Math.ceil(next - now())));
  }
}
