import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeMessage,
  encodeData,
  encodeEnd,
  encodeMessage,
  encodeSync,
  FrameDecoder,
  FrameError,
  FrameKind,
  MAX_PAYLOAD,
} from "./frames.ts";

interface Received {
  readonly kind: number;
  readonly id: number;
  readonly payload: Uint8Array;
}

function collect(chunks: readonly Uint8Array[], hunting = false): Received[] {
  const received: Received[] = [];
  const decoder = new FrameDecoder(
    {
      onFrame: (kind, id, payload) => received.push({ kind, id, payload: new Uint8Array(payload) }),
      onSync: () => received.push({ kind: -1, id: 0, payload: new Uint8Array() }),
    },
    { hunting },
  );
  for (const chunk of chunks) decoder.push(chunk);
  return received;
}

/** The same bytes in pieces of the given lengths, over and over. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const marker = { kind: -1, id: 0, payload: new Uint8Array() };

describe("frames", () => {
  test("arrive the same however the bytes are cut", () => {
    const kinds = fc.constantFrom(FrameKind.stdin, FrameKind.stdout, FrameKind.stderr, FrameKind.tar);
    const frame = fc.record({ kind: kinds, id: fc.nat(0xffffffff), payload: fc.uint8Array({ minLength: 1 }) });
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (frames, lengths) => {
        const bytes = Buffer.concat(frames.flatMap(({ kind, id, payload }) => encodeData(kind, id, payload)));
        expect(collect(cut(bytes, lengths))).toEqual(frames);
      }),
    );
  });

  test("split data that is longer than a payload may be", () => {
    const data = new Uint8Array(2 * MAX_PAYLOAD + 5).fill(7);
    const received = collect(encodeData(FrameKind.stdout, 3, data));
    expect(received.map(({ payload }) => payload.length)).toEqual([MAX_PAYLOAD, MAX_PAYLOAD, 5]);
  });

  test("keep an id of 32 bits", () => {
    expect(collect([encodeEnd(0xfffffffe)])).toMatchObject([{ kind: FrameKind.end, id: 0xfffffffe }]);
  });

  test("deliver a long message whole", () => {
    const message = { type: "stat", text: "ä€😀".repeat(50_000) };
    const [received, ...rest] = collect(encodeMessage(message));
    expect(rest).toEqual([]);
    expect(decodeMessage(received!.payload)).toEqual(message);
  });

  test.each([
    ["a length beyond the limit", [0, 1, 0, 1, 4, 0, 0, 0, 0]],
    ["an unknown kind", [0, 0, 0, 1, 8, 0, 0, 0, 0]],
    ["text", [...Buffer.from("panic: it broke")]],
  ])("refuse %s", (_, bytes) => {
    expect(() => collect([Uint8Array.from(bytes)])).toThrow(FrameError);
  });

  test("refuse a message that is no JSON", () => {
    expect(() => decodeMessage(Buffer.from("{"))).toThrow("not a message: {");
  });
});

describe("the sync sequence", () => {
  const hello = encodeMessage({ type: "hello" });

  test("completes whatever was cut off before", () => {
    const before = Buffer.concat(encodeData(FrameKind.tar, 0x01020304, new Uint8Array(MAX_PAYLOAD).fill(9)));
    for (const length of [0, 1, 2, 3, 4, 5, 8, 9, 10, 1000, before.length - 1, before.length]) {
      const received = collect([before.subarray(0, length), encodeSync(), ...hello]);
      expect(received.slice(-2)).toEqual([marker, expect.objectContaining({ kind: FrameKind.message })]);
    }
  });

  test("forgets the beginning of a message that was cut off", () => {
    const [part] = encodeMessage({ text: "x".repeat(2 * MAX_PAYLOAD) });
    const received = collect([part!, encodeSync(), ...hello]);
    expect(decodeMessage(received.at(-1)!.payload)).toEqual({ type: "hello" });
  });

  test("is found by one that joins in the middle of other frames", () => {
    const zeros = Buffer.concat(encodeData(FrameKind.stdout, 1, new Uint8Array(3 * MAX_PAYLOAD)));
    const ones = Buffer.concat(encodeData(FrameKind.stdout, 1, new Uint8Array(3 * MAX_PAYLOAD).fill(0xff)));
    for (const before of [zeros, ones, Buffer.concat([zeros, ones])])
      expect(collect([before.subarray(5), encodeSync(), ...hello], true)).toMatchObject([
        marker,
        { kind: FrameKind.message },
      ]);
  });
});
