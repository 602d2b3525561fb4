import { connect as connectSocket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { Endpoint } from "./endpoint.ts";
import { openSshConnection } from "./ssh-connection.ts";

export interface ConnectionOptions {
  /** The stream stays readable and writable by halves; a pooled connection must close as a whole instead. */
  readonly allowHalfOpen: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Long enough for a slow network, short enough not to seem dead: 30 s, as the docker client waits. */
const connectTimeout = 30_000;

/** Resolves once bytes can go to the engine. Rejects with the system's error. */
export function openConnection(endpoint: Endpoint, options: ConnectionOptions): Promise<Duplex> {
  const { allowHalfOpen, signal } = options;
  if (endpoint.kind === "ssh") return openSshConnection(endpoint, options);
  // In Node's documentation of tls.connect, not in its type declarations.
  const halfOpen: object = { allowHalfOpen };
  return new Promise((resolve, reject) => {
    const socket =
      endpoint.kind === "unix"
        ? connectSocket({ path: endpoint.path, allowHalfOpen })
        : endpoint.tls === undefined
          ? connectSocket({ host: endpoint.host, port: endpoint.port, allowHalfOpen, noDelay: true })
          : connectTls({
              host: endpoint.host,
              port: endpoint.port,
              ...halfOpen,
              ca: endpoint.tls.ca,
              cert: endpoint.tls.cert,
              key: endpoint.tls.key,
              rejectUnauthorized: endpoint.tls.verify,
              ...(/^[\d.]+$|:/.test(endpoint.host) ? {} : { servername: endpoint.host }),
            });
    const abort = () => socket.destroy(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const timeout = setTimeout(
      () => socket.destroy(Object.assign(new Error("connect timed out"), { code: "ETIMEDOUT" })),
      connectTimeout,
    );
    const settle = () => {
      clearTimeout(timeout);
      signal?.removeEventListener("abort", abort);
    };
    socket.once("error", reject);
    socket.once("error", settle);
    socket.once(endpoint.kind === "tcp" && endpoint.tls !== undefined ? "secureConnect" : "connect", () => {
      settle();
      socket.off("error", reject);
      resolve(socket);
    });
    if (signal?.aborted) abort();
  });
}
