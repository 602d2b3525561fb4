import type { Readable, Writable } from "node:stream";
import { createAdapter } from "./adapter.ts";
import { DebugConnection } from "./connection.ts";
import type { OpenSession } from "./launch.ts";

/** Debugs for the editor at the other end of two streams, until it hangs up or `signal` is aborted. */
export async function serveDebugger(
  streams: { readonly input: Readable; readonly output: Writable },
  open: OpenSession,
  signal?: AbortSignal,
): Promise<void> {
  let leave = async () => {};
  const connection = new DebugConnection((client) => {
    const adapter = createAdapter(client, open);
    leave = adapter.leave;
    return adapter.handlers;
  });
  const aborted = new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
  if (!signal?.aborted) await Promise.race([connection.serve(streams.input, streams.output), aborted]);
  await leave();
}
