import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { frameHeader, frameMessages, readMessages } from "./framing.ts";
import { GrpcError, GrpcStatus } from "./grpc-error.ts";

export interface ServerCall {
  /** Every value of a metadata key, in order of arrival. */
  metadata(key: string): readonly string[];
  readonly requests: AsyncIterable<Buffer>;
  /** Several messages go out together. Resolves when the peer can take more. */
  send(...messages: readonly Uint8Array[]): Promise<void>;
  /** One message, in parts, without a copy of them. Resolves when it has left: the parts may be overwritten then. */
  sendParts(parts: readonly Uint8Array[]): Promise<void>;
  /** Aborted when the peer cancels or the connection ends. */
  readonly signal: AbortSignal;
}

export type MethodHandler = (call: ServerCall) => Promise<void>;

/** A method that takes one message and gives one. */
export function unary(answer: (request: Buffer, call: ServerCall) => Promise<Uint8Array> | Uint8Array): MethodHandler {
  return async (call) => {
    for await (const request of call.requests) {
      await call.send(await answer(request, call));
      return;
    }
  };
}

/**
 * Serves gRPC methods, by path (`/package.Service/Method`), to the peer at the other end of a connection that is there already.
 * Handlers run as long as the connection lives; `[Symbol.dispose]` ends both.
 */
export function serveGrpc(connection: Duplex, methods: ReadonlyMap<string, MethodHandler>): Disposable {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    // A connection that breaks fails the build itself, which says so.
    session.on("error", () => session.destroy());
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
    const rawHeaders = raw ?? [];
    stream.on("error", () => stream.destroy());
    void serveStream(stream, methods.get(String(headers[":path"])), String(headers[":path"]), rawHeaders);
  });
  // Documented for injected connections; http2.performServerHandshake came only with Node 20.12.
  server.emit("connection", connection);
  return {
    [Symbol.dispose]: () => {
      for (const session of sessions) session.destroy();
      connection.destroy();
    },
  };
}

async function serveStream(
  stream: ServerHttp2Stream,
  handler: MethodHandler | undefined,
  path: string,
  rawHeaders: readonly string[],
): Promise<void> {
  let status: GrpcError | undefined;
  const gone = new AbortController();
  stream.once("close", () => gone.abort());
  stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => {
    stream.sendTrailers({
      "grpc-status": String(status?.code ?? GrpcStatus.ok),
      ...(status === undefined ? {} : { "grpc-message": encodeURIComponent(status.message) }),
    });
  });
  try {
    if (handler === undefined) throw new GrpcError(GrpcStatus.unimplemented, `unknown method ${path}`);
    await handler({
      metadata: (key) => metadataValues(rawHeaders, key),
      requests: readMessages(stream),
      send: (...messages) => sendFrames(stream, frameMessages(messages)),
      sendParts: (parts) => sendParts(stream, parts),
      signal: gone.signal,
    });
  } catch (error) {
    status = error instanceof GrpcError ? error : new GrpcError(GrpcStatus.unknown, (error as Error).message);
  }
  if (stream.destroyed) return;
  stream.end();
  // The rest of the request is of no interest, but unread it would keep the stream open.
  if (!stream.readableEnded) stream.resume();
}

/** Node joins repeated headers with commas, which values may contain; the raw list keeps them apart. */
function metadataValues(rawHeaders: readonly string[], key: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() === key) values.push(rawHeaders[index + 1]!);
  }
  return values;
}

function sendFrames(stream: ServerHttp2Stream, frames: Buffer): Promise<void> {
  if (stream.destroyed) return Promise.reject(peerGone());
  if (stream.write(frames)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = () => {
      stream.off("drain", settle);
      stream.off("close", settle);
      if (stream.destroyed) reject(peerGone());
      else resolve();
    };
    stream.once("drain", settle);
    stream.once("close", settle);
  });
}

function sendParts(stream: ServerHttp2Stream, parts: readonly Uint8Array[]): Promise<void> {
  if (stream.destroyed) return Promise.reject(peerGone());
  return new Promise((resolve, reject) => {
    stream.cork();
    stream.write(frameHeader(parts.reduce((sum, part) => sum + part.byteLength, 0)));
    for (const part of parts.slice(0, -1)) stream.write(part);
    stream.write(parts.at(-1), (error) => (error ? reject(peerGone()) : resolve()));
    stream.uncork();
  });
}

function peerGone(): GrpcError {
  return new GrpcError(GrpcStatus.cancelled, "the peer has gone");
}
