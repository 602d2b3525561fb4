import * as native from "native";
import { EAGAIN } from "../../system/errors.ts";
import { type Loop, POLLIN, type Watcher } from "../../system/loop.ts";
import { NEWLINE, type Sink, type Source } from "./sink.ts";

const READ_SIZE = 1 << 16;
/** The longest part of a line that is kept back until its end comes. */
const PARTIAL_SIZE = 1 << 13;
/** After this it is written as it is: a prompt has no end. */
const PARTIAL_MS = 200;

/** Shared by all: nothing of it is kept over a turn of the loop. */
const buffer = new Uint8Array(PARTIAL_SIZE + READ_SIZE);

/** Reads what a process and its children print, until nobody has the pipe open any more, and hands it on in whole lines. */
export class Redirection implements Watcher {
  readonly fd: number;
  readonly #loop: Loop;
  readonly source: Source;
  sink: Sink;
  readonly #onEnd: () => void;
  #partial: Uint8Array | undefined;
  #cancelTimer: (() => void) | undefined;
  #ended = false;

  constructor(fd: number, loop: Loop, sink: Sink, source: Source, onEnd: () => void) {
    this.fd = fd;
    this.#loop = loop;
    this.sink = sink;
    this.source = source;
    this.#onEnd = onEnd;
    native.setNonblocking(fd);
    loop.watch(this);
  }

  wants(): number {
    return this.sink.hasRoom ? POLLIN : 0;
  }

  ready(): void {
    if (this.sink.hasRoom) this.#forward();
  }

  /** Takes what was printed so far; for the end of the supervisor, when nobody will read any more. False: there was no room for all. */
  drain(): boolean {
    while (this.sink.hasRoom) {
      if (this.#ended || !this.#forward()) {
        this.#flush();
        return true;
      }
    }
    return false;
  }

  /** Whether there may be more. */
  #forward(): boolean {
    const kept = this.#partial?.length ?? 0;
    if (this.#partial) buffer.set(this.#partial);
    const count = native.read(this.fd, buffer.buffer, kept, READ_SIZE);
    if (count === -EAGAIN) return false;
    if (count <= 0) {
      this.#end();
      return false;
    }
    this.#forget();
    const all = buffer.subarray(0, kept + count);
    const whole = all.lastIndexOf(NEWLINE) + 1;
    const rest = all.length - whole;
    if (rest > PARTIAL_SIZE) this.sink.write(all, this.source);
    else {
      if (whole > 0) this.sink.write(all.subarray(0, whole), this.source);
      if (rest > 0) this.#keep(all.slice(whole));
    }
    return true;
  }

  #keep(partial: Uint8Array): void {
    this.#partial = partial;
    this.#cancelTimer = this.#loop.after(PARTIAL_MS, () => this.#flush());
  }

  #forget(): void {
    this.#partial = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #flush(): void {
    const partial = this.#partial;
    this.#forget();
    if (partial) this.sink.write(partial, this.source);
  }

  #end(): void {
    this.#ended = true;
    this.#flush();
    this.#loop.unwatch(this);
    native.close(this.fd);
    this.#onEnd();
  }
}
