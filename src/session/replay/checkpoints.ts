import type { EngineClient } from "../../engine/client.ts";
import { commitContainer } from "../../engine/containers.ts";
import type { Ledger } from "../history/ledger.ts";

/**
 * Of all milliseconds that steps take, at most one in so many goes into images of them: an image is made when what would
 * have to be done again took that many times longer than an image takes.
 */
const WORK_PER_COMMIT = 4;

/** Weight of the newest measurement. */
const NEWEST = 0.5;

/** Makes the images that a session goes back to, and knows what they cost on the engine at hand. */
export class Checkpoints {
  readonly #engine: EngineClient;
  readonly #ledger: Ledger;
  readonly #comment: string;
  readonly #pending = new Map<number, Promise<string>>();
  /** Milliseconds that an image, and a container on one, took lately. Before the first is made: what is common. */
  #commitCost = 80;
  #startCost = 250;

  constructor(engine: EngineClient, ledger: Ledger, sessionId: string) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#comment = `slipway session ${sessionId}`;
  }

  get commitCost(): number {
    return this.#commitCost;
  }
  get startCost(): number {
    return this.#startCost;
  }

  isWorth(milliseconds: number): boolean {
    return milliseconds > WORK_PER_COMMIT * this.#commitCost;
  }

  /** The image of what there was after the entry, also one that is just being made. */
  async imageOf(entry: number): Promise<string | undefined> {
    return (await this.#pending.get(entry)) ?? this.#ledger.checkpoints.get(entry);
  }

  /** Nothing may run in the container meanwhile, so it needs no pause. */
  async make(container: string, entry: number): Promise<{ image: string; milliseconds: number }> {
    const startedAt = performance.now();
    const making = commitContainer(this.#engine, container, {
      pause: false,
      comment: `${this.#comment}: after ${entry}`,
    });
    this.#pending.set(entry, making);
    try {
      const image = await making;
      const milliseconds = performance.now() - startedAt;
      this.#commitCost += NEWEST * (milliseconds - this.#commitCost);
      this.#ledger.record({ type: "image", image }, { type: "checkpoint", entry, image });
      return { image, milliseconds };
    } finally {
      this.#pending.delete(entry);
    }
  }

  async measureStart<T>(start: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const started = await start();
    this.#startCost += NEWEST * (performance.now() - startedAt - this.#startCost);
    return started;
  }
}
