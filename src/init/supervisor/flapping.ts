import type { FlappingOptions } from "../circus/configuration.ts";

export type FlappingVerdict =
  | { readonly kind: "steady" }
  | { readonly kind: "retry"; readonly seconds: number; readonly attempt: number }
  | { readonly kind: "give up" };

const steady: FlappingVerdict = { kind: "steady" };

/**
 * circus's flapping plugin: `attempts` deaths within `window` seconds (and one check delay more) stop the watcher for `retryIn`
 * seconds, `maxRetry` times. Unlike the plugin it does not count deaths that somebody asked for.
 */
export class FlappingDetector {
  readonly #options: FlappingOptions;
  readonly #checkDelay: number;
  #deaths: number[] = [];
  #tries = 0;

  /** `checkDelay` in seconds. */
  constructor(options: FlappingOptions, checkDelay: number) {
    this.#options = options;
    this.#checkDelay = checkDelay;
  }

  /** A process died at `now`, seconds of a clock that nobody sets. */
  addDeath(now: number): FlappingVerdict {
    const { attempts, window, retryIn, maxRetry, active } = this.#options;
    if (!active) return steady;
    this.#deaths.push(now);
    if (this.#deaths.length < attempts) return steady;
    const duration = now - this.#deaths[0]! - this.#checkDelay;
    this.#deaths = [];
    if (duration > window) {
      this.#tries = 0;
      return steady;
    }
    if (maxRetry !== -1 && this.#tries >= maxRetry) {
      this.#tries = 0;
      return { kind: "give up" };
    }
    this.#tries++;
    return { kind: "retry", seconds: retryIn, attempt: this.#tries };
  }
}
