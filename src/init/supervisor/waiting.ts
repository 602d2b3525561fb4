import type { Loop } from "../system/loop.ts";

export function sleep(loop: Loop, milliseconds: number): Promise<void> {
  return new Promise((resolve) => loop.after(milliseconds, resolve));
}

/**
 * Resolves with true once `isDone` holds, which is asked now and whenever `subscribe` calls back, and with false when that takes
 * longer than `milliseconds`.
 */
export function waitUntil(
  loop: Loop,
  subscribe: (listener: () => void) => () => void,
  isDone: () => boolean,
  milliseconds: number,
): Promise<boolean> {
  if (isDone()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (done: boolean) => {
      cancelTimer();
      unsubscribe();
      resolve(done);
    };
    const cancelTimer = loop.after(milliseconds, () => finish(isDone()));
    const unsubscribe = subscribe(() => {
      if (isDone()) finish(true);
    });
  });
}
