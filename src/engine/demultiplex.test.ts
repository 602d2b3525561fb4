import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { demultiplex } from "./demultiplex.ts";

function frame(stream: number, data: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(data), 4);
  return Buffer.concat([header, Buffer.from(data)]);
}

function cut(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

test("frames come apart however the connection cuts them", async () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 20 })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 30 }), async (written, size) => {
      const raw = Readable.from(cut(Buffer.concat(written.map(([stream, data]) => frame(stream, data))), size));
      const { stdout, stderr } = demultiplex(raw);
      const expected = (wanted: number) => written.map(([stream, data]) => (stream === wanted ? data : "")).join("");
      expect(await Promise.all([text(stdout), text(stderr)])).toEqual([expected(1), expected(2)]);
    }),
  );
});

test("what is no frame is an error, not garbage", async () => {
  const { stdout } = demultiplex(Readable.from([Buffer.from("plain text of a terminal")]));
  await expect(buffer(stdout)).rejects.toThrow("not framed");
});

test("what the engine itself reports in the stream is an error with its words", async () => {
  const { stdout } = demultiplex(Readable.from([frame(1, "before"), frame(3, "error from daemon in stream: gone")]));
  await expect(text(stdout)).rejects.toThrow("error from daemon in stream: gone");
});

test("a broken connection is an error on both streams", async () => {
  const raw = new PassThrough();
  const { stdout, stderr } = demultiplex(raw);
  raw.write(frame(1, "before"));
  raw.destroy(new Error("connection lost"));
  await expect(text(stdout)).rejects.toThrow("connection lost");
  await expect(text(stderr)).rejects.toThrow("connection lost");
});

test("a connection that ends inside a frame is an error", async () => {
  const { stdout } = demultiplex(Readable.from([frame(1, "whole").subarray(0, 10)]));
  await expect(text(stdout)).rejects.toThrow("ended inside a frame");
});
