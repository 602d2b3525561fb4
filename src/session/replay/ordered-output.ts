import type { SessionSecrets } from "../secrets/session-secrets.ts";

export type OutputListener = (stream: "stdout" | "stderr", data: Uint8Array) => void | Promise<void>;

/**
 * Hands a command's output on, its secrets masked, piece by piece, each after the one before was taken. `settled` resolves
 * when all is taken: a command's end must not overtake what it printed.
 */
export function orderOutput(
  secrets: SessionSecrets,
  take: OutputListener,
): { readonly onOutput: OutputListener; settled(): Promise<void> } {
  const streams = { stdout: secrets.stream(), stderr: secrets.stream() };
  let last: Promise<void> = Promise.resolve();
  const enqueue: OutputListener = (stream, data) => {
    last = last.then(() => (data.length === 0 ? undefined : take(stream, data)));
    return last;
  };
  return {
    onOutput: (stream, data) => enqueue(stream, streams[stream]?.push(data) ?? data),
    settled: async () => {
      for (const stream of ["stdout", "stderr"] as const) {
        const rest = streams[stream]?.end();
        if (rest) void enqueue(stream, rest);
      }
      await last;
    },
  };
}
