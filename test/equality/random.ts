/** Numbers that look random and are the same again for the same seed: a failure can be repeated. */
export interface Random {
  /** From 0, below `limit`. */
  below(limit: number): number;
  /** One of them; undefined of none. */
  pick<T>(values: readonly T[]): T | undefined;
}

/** The seed of this run: the same each time, so that a test means the same each time; SLIPWAY_TEST_SEED tries others. */
export const runSeed = Number(process.env.SLIPWAY_TEST_SEED ?? 1);

/** `name` makes what depends on it independent of what else is run. The generator is mulberry32. */
export function createRandom(name: string): Random {
  let state = [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)!) | 0, runSeed);
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (values) => values[below(values.length)] };
}
