/**
 * The byte format between the session and its agent: frames of a 9-byte header (u32 big-endian payload length, u8 kind,
 * u32 big-endian id) and at most 64 KiB of payload. Pure: runs on Node and on QuickJS.
 *
 * A client can die in the middle of a frame, and another attach in the middle of one. So whoever attaches sends the sync
 * sequence first: zeros enough to complete any frame, then 0xff. The agent answers `hello` with the same sequence before
 * it, and a decoder that is `hunting` skips everything up to there.
 */

export const FrameKind = {
  /** Padding of the sync sequence. */
  none: 0,
  /** The last or only part of a JSON message; the id of the frame is 0. */
  message: 1,
  messagePart: 2,
  stdin: 3,
  stdout: 4,
  stderr: 5,
  tar: 6,
  /** No more stdin or tar data for this id. */
  end: 7,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export const HEADER_LENGTH = 9;
export const MAX_PAYLOAD = 1 << 16;
/** A message that is longer is refused. */
const MAX_MESSAGE = 1 << 26;

const SYNC_BYTE = 0xff;
/** More zeros than any frame can hold in a row, its neighbours' headers included. */
const SYNC_ZEROS = MAX_PAYLOAD + 2 * HEADER_LENGTH;

export class FrameError extends Error {
  override readonly name = "FrameError";
}

export interface FrameHandler {
  /** `payload` is a view that is valid during the call only. A message arrives whole, as kind `message`. */
  onFrame(kind: FrameKind, id: number, payload: Uint8Array): void;
  /** The other side started anew. */
  onSync?(): void;
}

export function writeHeader(target: Uint8Array, offset: number, length: number, kind: FrameKind, id: number): void {
  target[offset] = length >>> 24;
  target[offset + 1] = length >>> 16;
  target[offset + 2] = length >>> 8;
  target[offset + 3] = length;
  target[offset + 4] = kind;
  target[offset + 5] = id >>> 24;
  target[offset + 6] = id >>> 16;
  target[offset + 7] = id >>> 8;
  target[offset + 8] = id;
}

/** One frame, or several where the data is longer than a payload may be. */
export function encodeData(kind: FrameKind, id: number, data: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += MAX_PAYLOAD) {
    const part = data.subarray(at, at + MAX_PAYLOAD);
    const frame = new Uint8Array(HEADER_LENGTH + part.length);
    writeHeader(frame, 0, part.length, kind, id);
    frame.set(part, HEADER_LENGTH);
    frames.push(frame);
  }
  return frames;
}

export function encodeEnd(id: number): Uint8Array {
  return encodeHeader(0, FrameKind.end, id);
}

/** What stands before a payload that is written by itself. */
export function encodeHeader(length: number, kind: FrameKind, id: number): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH);
  writeHeader(header, 0, length, kind, id);
  return header;
}

export function encodeMessage(message: object): Uint8Array[] {
  const frames = encodeData(FrameKind.messagePart, 0, new TextEncoder().encode(JSON.stringify(message)));
  frames.at(-1)![4] = FrameKind.message;
  return frames;
}

export function decodeMessage<T>(payload: Uint8Array): T {
  const text = new TextDecoder().decode(payload);
  try {
    return JSON.parse(text);
  } catch {
    throw new FrameError(`not a message: ${text.slice(0, 80)}`);
  }
}

export function encodeSync(): Uint8Array {
  const bytes = new Uint8Array(SYNC_ZEROS + 1);
  bytes[SYNC_ZEROS] = SYNC_BYTE;
  return bytes;
}

type State = "header" | "payload" | "hunting" | "padding";

/** Takes the bytes as they come. Throws FrameError at anything that is no frame; it is of no use after that. */
export class FrameDecoder {
  readonly #handler: FrameHandler;
  readonly #header = new Uint8Array(HEADER_LENGTH);
  #state: State;
  #filled = 0;
  #zeros = 0;
  #kind: FrameKind = FrameKind.none;
  #id = 0;
  #payload = new Uint8Array(0);
  #parts: Uint8Array[] = [];
  #partsLength = 0;

  constructor(handler: FrameHandler, options: { readonly hunting: boolean } = { hunting: false }) {
    this.#handler = handler;
    this.#state = options.hunting ? "hunting" : "header";
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "header") at = this.#readHeader(chunk, at);
      else if (this.#state === "payload") at = this.#readPayload(chunk, at);
      else at = this.#skip(chunk, at);
    }
  }

  #readHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    while (at < chunk.length && this.#filled < HEADER_LENGTH) this.#header[this.#filled++] = chunk[at++]!;
    if (this.#filled < HEADER_LENGTH) return at;
    const h = this.#header;
    const length = h[0]! * 0x1000000 + ((h[1]! << 16) | (h[2]! << 8) | h[3]!);
    const kind = h[4]!;
    if (length > MAX_PAYLOAD || kind > FrameKind.end)
      throw new FrameError(`not a frame: kind ${kind}, ${length} bytes`);
    this.#filled = 0;
    this.#kind = kind as FrameKind;
    this.#id = h[5]! * 0x1000000 + ((h[6]! << 16) | (h[7]! << 8) | h[8]!);
    if (chunk.length - at >= length) {
      this.#deliver(chunk.subarray(at, at + length));
      return at + length;
    }
    this.#payload = new Uint8Array(length);
    this.#state = "payload";
    return at;
  }

  #readPayload(chunk: Uint8Array, start: number): number {
    const part = chunk.subarray(start, start + this.#payload.length - this.#filled);
    this.#payload.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === this.#payload.length) {
      this.#filled = 0;
      this.#state = "header";
      this.#deliver(this.#payload);
    }
    return start + part.length;
  }

  #deliver(payload: Uint8Array): void {
    if (this.#kind === FrameKind.none) {
      if (payload.length === 0) this.#state = "padding";
    } else if (this.#kind === FrameKind.messagePart) {
      this.#partsLength += payload.length;
      if (this.#partsLength > MAX_MESSAGE) throw new FrameError(`a message longer than ${MAX_MESSAGE} bytes`);
      this.#parts.push(new Uint8Array(payload));
    } else if (this.#kind === FrameKind.message && this.#parts.length > 0) {
      this.#parts.push(payload);
      const message = new Uint8Array(this.#partsLength + payload.length);
      let at = 0;
      for (const part of this.#parts) {
        message.set(part, at);
        at += part.length;
      }
      this.#forgetParts();
      this.#handler.onFrame(this.#kind, this.#id, message);
    } else {
      this.#handler.onFrame(this.#kind, this.#id, payload);
    }
  }

  #forgetParts(): void {
    this.#parts = [];
    this.#partsLength = 0;
  }

  /** Up to the end of a sync sequence. `padding` knows by the empty frame before that it is in one. */
  #skip(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === 0) {
        this.#zeros++;
      } else if (byte === SYNC_BYTE && (this.#state === "padding" || this.#zeros >= SYNC_ZEROS - HEADER_LENGTH)) {
        this.#zeros = 0;
        this.#state = "header";
        this.#forgetParts();
        this.#handler.onSync?.();
        return at + 1;
      } else if (this.#state === "padding") {
        throw new FrameError(`byte ${byte} in a sync sequence`);
      } else {
        this.#zeros = 0;
      }
    }
    return chunk.length;
  }
}
