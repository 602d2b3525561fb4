import type { Readable } from "node:stream";
import { GrpcError, GrpcStatus } from "./grpc-error.ts";

const headerLength = 5;

/** One length-prefixed message: a flag byte (0: not compressed), the length in four bytes, the payload. */
export function frameMessage(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerLength + payload.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(payload.byteLength, 1);
  frame.set(payload, headerLength);
  return frame;
}

/** The payloads of a stream of length-prefixed messages. Backpressure is the stream's own. */
export async function* readMessages(stream: Readable): AsyncGenerator<Buffer, void> {
  let chunks: Buffer[] = [];
  let length = 0;
  let wanted = headerLength;
  // A reader that has enough must not destroy the stream: its trailers are still to come.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    // Joined only once a whole message is there: a large one costs one copy, not one for each chunk.
    let data = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
    while (data.length >= headerLength) {
      if (data[0] !== 0) throw new GrpcError(GrpcStatus.unimplemented, "a compressed message came without negotiation");
      const end = headerLength + data.readUInt32BE(1);
      if (data.length < end) break;
      yield data.subarray(headerLength, end);
      data = data.subarray(end);
    }
    wanted = data.length < headerLength ? headerLength : headerLength + data.readUInt32BE(1);
    chunks = [data];
    length = data.length;
  }
  if (length > 0) throw new GrpcError(GrpcStatus.unavailable, "the connection ended within a message");
}
