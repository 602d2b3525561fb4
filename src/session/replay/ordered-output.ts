export type OutputListener = (stream: "stdout" | "stderr", data: Uint8Array) => void | Promise<void>;

/**
 * Hands output on piece by piece, each after the one before was taken. `settled` resolves when all is taken: a command's
 * end must not overtake what it printed.
 */
export function orderOutput(take: OutputListener): { readonly onOutput: OutputListener; settled(): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  return {
    onOutput: (stream, data) => {
      last = last.then(() => take(stream, data));
      return last;
    },
    settled: async () => await last,
  };
}
