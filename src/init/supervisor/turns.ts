/**
 * Does works one after the other, the first at once. One that still waits serves everybody who asks for the same meanwhile. A
 * failure is its own only.
 */
export class Turns {
  readonly #waiting = new Map<string, Promise<void>>();
  /** Ends, and never fails, when nothing is left to do. */
  #last: Promise<void> | undefined;

  run(name: string, work: () => Promise<void>): Promise<void> {
    const same = this.#waiting.get(name);
    if (same) return same;
    const begin = () => {
      this.#waiting.delete(name);
      return work();
    };
    const turn = this.#last ? this.#last.then(begin) : work();
    if (this.#last) this.#waiting.set(name, turn);
    const last = turn
      .catch(() => {})
      .then(() => {
        if (this.#last === last) this.#last = undefined;
      });
    this.#last = last;
    return turn;
  }
}
