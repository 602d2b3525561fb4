import type { Readable } from "node:stream";
import { GrpcError, GrpcStatus } from "./grpc-error.ts";

const headerLength = 5;

/** Length-prefixed messages: for each a flag byte (0: not compressed), the length in four bytes, the payload. */
export function frameMessages(payloads: readonly Uint8Array[]): Buffer {
  const length = payloads.reduce((sum, payload) => sum + headerLength + payload.byteLength, 0);
  const frames = Buffer.allocUnsafe(length);
  let at = 0;
  for (const payload of payloads) {
    writeHeader(frames, at, payload.byteLength);
    frames.set(payload, at + headerLength);
    at += headerLength + payload.byteLength;
  }
  return frames;
}

/** What stands before a message of `length` bytes. */
export function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerLength);
  writeHeader(header, 0, length);
  return header;
}

function writeHeader(target: Buffer, at: number, length: number): void {
  target[at] = 0;
  target.writeUInt32BE(length, at + 1);
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
