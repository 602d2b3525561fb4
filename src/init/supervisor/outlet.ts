import * as native from "native";
import { EAGAIN } from "../system/errors.ts";
import { type Loop, POLLOUT, type Watcher } from "../system/loop.ts";
import { waitUntil } from "./waiting.ts";

/** What poll promises of a pipe that it calls writable. */
const PIPE_BUF = 4096;
/** Beyond this no source may hand over more. */
const FULL_BYTES = 1 << 16;

/**
 * Standard output or error: shared with others, so it stays blocking, and whoever reads it may be slow or gone. Nothing here waits
 * for the reader; what it does not take yet is queued, within bounds as long as the sources ask for room.
 */
export class Outlet implements Watcher {
  readonly fd: number;
  readonly #loop: Loop;
  readonly #onBroken: (errno: number) => void;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #watched = false;
  #broken = false;
  readonly #listeners = new Set<() => void>();

  /** `onBroken` hears once of the error after which all is thrown away: the reader is gone, the disk is full. */
  constructor(fd: number, loop: Loop, onBroken: (errno: number) => void) {
    this.fd = fd;
    this.#loop = loop;
    this.#onBroken = onBroken;
  }

  get hasRoom(): boolean {
    return this.#queuedBytes < FULL_BYTES;
  }

  write(bytes: Uint8Array): void {
    const taken = this.#queue.length === 0 ? this.#push(bytes) : 0;
    if (taken === bytes.length) return;
    // The caller uses its buffer again.
    const rest = bytes.slice(taken);
    this.#queue.push(rest);
    this.#queuedBytes += rest.length;
    if (!this.#watched) this.#loop.watch(this);
    this.#watched = true;
  }

  wants(): number {
    return this.#queue.length > 0 ? POLLOUT : 0;
  }

  ready(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const taken = this.#push(first);
      this.#queuedBytes -= taken;
      if (taken < first.length) {
        this.#queue[0] = first.subarray(taken);
        return;
      }
      this.#queue.shift();
    }
    this.#loop.unwatch(this);
    this.#watched = false;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves when all is written, or after `milliseconds`. */
  async flush(milliseconds: number): Promise<void> {
    const subscribe = (listener: () => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    };
    await waitUntil(this.#loop, subscribe, () => this.#queue.length === 0, milliseconds);
  }

  /** How many bytes it took, all where they go nowhere any more. */
  #push(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length && !this.#broken; ) {
      const length = Math.min(PIPE_BUF, bytes.length - at);
      const count = native.writeBriefly(this.fd, bytes.buffer, bytes.byteOffset + at, length);
      if (count === -EAGAIN) return at;
      if (count < 0) {
        this.#broken = true;
        this.#onBroken(-count);
      } else at += count;
    }
    return bytes.length;
  }
}
