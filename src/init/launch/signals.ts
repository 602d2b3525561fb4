import * as native from "native";
import { check, EAGAIN, InitError } from "../system/errors.ts";
import { POLLIN } from "../system/loop.ts";
import { SIGCHLD, SIGINT, SIGTERM, signalName } from "../system/signals.ts";

const SIGHUP = 1;
const SIGQUIT = 3;
const SIGUSR1 = 10;
const SIGUSR2 = 12;
const SIGWINCH = 28;

const ending = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
/** struct signalfd_siginfo; the number comes first. */
const INFO_BYTES = 128;

/** A signal ended the work. */
export class Interrupted extends InitError {
  readonly exitCode: number;

  constructor(signal: number) {
    super("interrupted", `ended by ${signalName(signal)}`);
    this.exitCode = 128 + signal;
  }
}

/** Work that only computes, and may take long: a signal that ends the launch ends the program at once, with 128+n. */
export function computing<T>(work: () => T): T {
  native.endWhenTold(1);
  try {
    return work();
  } finally {
    native.endWhenTold(0);
  }
}

/** PID 1 gets no signal that it did not ask for: all of them are read from a descriptor. */
export class Signals {
  readonly #fd = check(native.signalFd([SIGCHLD, SIGUSR1, SIGUSR2, SIGWINCH, ...ending]), () => "signalfd");
  readonly #info = new Uint8Array(INFO_BYTES);
  readonly #polled = new Int32Array(2);

  /** Throws Interrupted when one that ends the launch has arrived. Work that takes long calls it now and then. */
  check(): void {
    for (const signal of this.take()) if (this.isEnding(signal)) throw new Interrupted(signal);
  }

  isEnding(signal: number): boolean {
    return ending.includes(signal);
  }

  /** Those that arrived. */
  take(): number[] {
    const signals: number[] = [];
    for (;;) {
      const count = native.read(this.#fd, this.#info.buffer, 0, INFO_BYTES);
      if (count === -EAGAIN) return signals;
      check(count, () => "read signals");
      signals.push(this.#info[0]!);
    }
  }

  /** Waits for the next, at most so long; -1: for ever. */
  wait(milliseconds: number): number[] {
    this.#polled[0] = this.#fd;
    this.#polled[1] = POLLIN;
    check(native.poll(this.#polled.buffer, 1, milliseconds), () => "poll");
    return this.take();
  }
}
