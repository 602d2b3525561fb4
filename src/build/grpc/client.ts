import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import type { Duplex } from "node:stream";
import { frameMessages, readMessages } from "./framing.ts";
import { GrpcError, GrpcStatus } from "./grpc-error.ts";

/** gRPC over one connection that is there already: node:http2 on a hijacked stream, which no gRPC library needs to share. */
export interface GrpcClient extends Disposable {
  /** Sends one request; yields the answers (one, for a unary method) and throws GrpcError on a status other than OK. */
  call(
    path: string,
    request: Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<Buffer, void>;
}

export function connectGrpc(connection: Duplex): GrpcClient {
  const session = connect("http://localhost", { createConnection: () => connection });
  let failure: Error | undefined;
  session.on("error", (error) => {
    failure = error;
  });
  return {
    call: (path, request, options) => callMethod(session, path, request, options?.signal, () => failure),
    [Symbol.dispose]: () => {
      session.destroy();
      connection.destroy();
    },
  };
}

async function* callMethod(
  session: ClientHttp2Session,
  path: string,
  request: Uint8Array,
  signal: AbortSignal | undefined,
  sessionFailure: () => Error | undefined,
): AsyncGenerator<Buffer, void> {
  signal?.throwIfAborted();
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc+proto",
    te: "trailers",
    "grpc-accept-encoding": "identity",
  });
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on("response", (received) => {
    headers = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  // The abort reaches the server as RST_STREAM CANCEL: it stops the work, as a closed connection would.
  const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    stream.end(frameMessages([request]));
    const closed = new Promise<void>((resolve) => stream.once("close", resolve));
    yield* readMessages(stream);
    // The trailers may come after the last data.
    await closed;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof GrpcError) throw error;
    throw new GrpcError(GrpcStatus.unavailable, (sessionFailure() ?? (error as Error)).message);
  } finally {
    signal?.removeEventListener("abort", cancel);
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
  signal?.throwIfAborted();
  // A call that fails at once carries its status in the headers ("Trailers-Only").
  throwStatus({ ...headers, ...trailers });
}

function throwStatus(headers: IncomingHttpHeaders): void {
  const status = headers["grpc-status"];
  if (status === undefined) {
    throw new GrpcError(
      GrpcStatus.unavailable,
      `the connection ended without a status (HTTP ${headers[":status"] ?? "none"})`,
    );
  }
  if (Number(status) === GrpcStatus.ok) return;
  const details = headers["grpc-status-details-bin"];
  throw new GrpcError(
    Number(status),
    decodeMessage(String(headers["grpc-message"] ?? "")),
    typeof details === "string" ? Buffer.from(details, "base64") : undefined,
  );
}

/** `grpc-message` is percent-encoded UTF-8; a malformed one is still worth reading. */
function decodeMessage(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
