import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Runs `work` while nobody else on this machine runs any under the same name. The lock is an abstract socket of Linux
 * (unix(7)): it goes with the process that holds it, however that ends, so there are no stale ones.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const server = createServer((connection) => connection.destroy());
    try {
      server.listen({ path: `\0${name}` });
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      await delay(100, undefined, signal === undefined ? {} : { signal });
      continue;
    }
    try {
      return await work();
    } finally {
      server.close();
    }
  }
}
