import type { SessionCore } from "../core.ts";
import { upToStep } from "../history/entries.ts";

/** Milliseconds without a command after which a person is taken to think; a script's next command comes sooner. */
const THINKS_AFTER = 150;

/** An image that would take longer than this might keep the next command waiting. */
const LONGEST_COMMIT = 500;

/**
 * Uses the time in which nobody asks for anything: the state that the person sees becomes an image, so that coming back to
 * it is exact and quick, and a container starts on the state before, which is where one goes to try again.
 */
export class IdleWork {
  readonly #core: SessionCore;
  #timer: NodeJS.Timeout | undefined;
  #commit: Promise<unknown> | undefined;
  #spare: Promise<void> | undefined;

  constructor(core: SessionCore) {
    this.#core = core;
  }

  /** A command has ended. */
  begin(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), THINKS_AFTER);
    // It must not keep a program alive that is done.
    this.#timer.unref();
  }

  /** A command comes: resolves when the container is the command's alone. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#commit;
  }

  /** The last command was given. */
  async stop(): Promise<void> {
    await this.end();
    await this.#spare;
  }

  async #work(): Promise<void> {
    const { replay } = this.#core.currentStage();
    if (this.#core.application || !replay.isReady || !replay.tip) return;
    if (this.#core.checkpoints.commitCost < LONGEST_COMMIT) {
      // What can't be kept now is kept when it is left, and told then.
      this.#commit = replay.checkpoint().catch(() => undefined);
      await this.#commit;
      this.#commit = undefined;
    }
    const steps = replay.stepEntries.length;
    const back = replay.failed ? upToStep(replay.chain, steps) : upToStep(replay.chain, Math.max(steps - 1, 1));
    const image = back.findLast((entry) => replay.checkpointOf(entry) !== undefined);
    if (image === undefined || image.id === replay.tip?.id) return;
    this.#spare = this.#core.spare.prepare(replay.place, replay.checkpointOf(image)!);
    await this.#spare;
  }
}
