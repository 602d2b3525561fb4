import { read, write } from "native";
import {
  encodeMessage,
  encodeSync,
  type FrameKind,
  HEADER_LENGTH,
  MAX_PAYLOAD,
  writeHeader,
} from "../../protocol/frames.ts";
import type { FromAgent } from "../../protocol/messages.ts";
import { EAGAIN } from "../system/errors.ts";
import { type Loop, POLLOUT, type Watcher } from "../system/loop.ts";

const CAPACITY = 8 * (MAX_PAYLOAD + HEADER_LENGTH);

/**
 * What waits to be written to the client. Data of commands is read straight into it, and only while there is room: a slow
 * client stops the commands, never the agent. Messages always find room.
 */
export class Output implements Watcher {
  readonly fd: number;
  #bytes = new Uint8Array(CAPACITY);
  #head = 0;
  #tail = 0;

  constructor(fd: number, loop: Loop) {
    this.fd = fd;
    loop.watch(this);
  }

  get hasRoom(): boolean {
    return this.#tail - this.#head + HEADER_LENGTH + MAX_PAYLOAD <= CAPACITY;
  }

  get isEmpty(): boolean {
    return this.#tail === this.#head;
  }

  wants(): number {
    return this.isEmpty ? 0 : POLLOUT;
  }

  ready(): void {
    this.flush();
  }

  send(message: FromAgent): void {
    for (const frame of encodeMessage(message)) this.#append(frame);
    this.flush();
  }

  sendSync(): void {
    this.#append(encodeSync());
  }

  /** Reads once from `fd` into a frame; the bytes read, 0 at the end, or the negative errno. Needs `hasRoom`. */
  forward(fd: number, kind: FrameKind, id: number): number {
    this.#makeRoom(HEADER_LENGTH + MAX_PAYLOAD);
    const count = read(fd, this.#bytes.buffer, this.#tail + HEADER_LENGTH, MAX_PAYLOAD);
    if (count > 0) {
      writeHeader(this.#bytes, this.#tail, count, kind, id);
      this.#tail += HEADER_LENGTH + count;
      this.flush();
    }
    return count;
  }

  flush(): void {
    while (this.#head < this.#tail) {
      const count = write(this.fd, this.#bytes.buffer, this.#head, this.#tail - this.#head);
      if (count === -EAGAIN) return;
      // Nobody will ever read it: the container's log and attach streams are gone.
      this.#head = count < 0 ? this.#tail : this.#head + count;
    }
    this.#head = 0;
    this.#tail = 0;
    if (this.#bytes.length > CAPACITY) this.#bytes = new Uint8Array(CAPACITY);
  }

  #append(frame: Uint8Array): void {
    this.#makeRoom(frame.length);
    this.#bytes.set(frame, this.#tail);
    this.#tail += frame.length;
  }

  #makeRoom(length: number): void {
    if (this.#tail + length <= this.#bytes.length) return;
    const used = this.#tail - this.#head;
    if (used + length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, used + length));
      larger.set(this.#bytes.subarray(this.#head, this.#tail));
      this.#bytes = larger;
    } else {
      this.#bytes.copyWithin(0, this.#head, this.#tail);
    }
    this.#head = 0;
    this.#tail = used;
  }
}
