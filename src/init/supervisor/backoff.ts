import type { BackoffOptions } from "../circus/configuration.ts";

/** Waits that grow as long as processes keep dying soon. */
export class Backoff {
  readonly #options: BackoffOptions;
  #deaths = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Seconds to wait before a process that lived `lifetime` seconds is replaced. */
  next(lifetime: number): number {
    const { first, longest, factor, resetAfter } = this.#options;
    if (lifetime >= resetAfter) this.#deaths = 0;
    return Math.min(longest, first * factor ** this.#deaths++);
  }
}
