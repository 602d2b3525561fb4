import * as native from "native";
import { check } from "../../system/errors.ts";
import { POLLIN } from "../../system/loop.ts";
import type { Interrupt } from "./connection.ts";

const SEQUENCE_MS = 30;

/** Keys that have a name; anything else is the character itself. */
const sequences: Readonly<Record<string, string>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[3~": "delete",
  "[5~": "page-up",
  "[6~": "page-down",
  "[1;5C": "word-right",
  "[1;5D": "word-left",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  OH: "home",
  OF: "end",
  b: "word-left",
  f: "word-right",
  d: "delete-word-right",
  "\x7f": "delete-word-left",
};

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

export function isTerminal(fd: number): boolean {
  return typeof native.windowSize(fd) !== "number";
}

/** 24 lines of 80 characters where the terminal does not know. */
export function windowSize(fd: number): WindowSize {
  const [rows, columns] = check(native.windowSize(fd), () => "window size");
  return { rows: rows || 24, columns: columns || 80 };
}

/** Does something while keys come one by one; afterwards the terminal is as before, whatever happens. */
export function withRawTerminal<T>(fd: number, work: () => T): T {
  check(native.setRawTerminal(fd, 1), () => "terminal");
  try {
    return work();
  } finally {
    native.setRawTerminal(fd, 0);
  }
}

/** Splits what a terminal sends into keys; Ctrl-C interrupts a waiting. */
export class Keys implements Interrupt {
  readonly fd: number;
  #pending = "";

  constructor(fd: number) {
    this.fd = fd;
  }

  /** The next key: a name, or a character; undefined at the end of the input. Waits for it. */
  next(): string | undefined {
    if (this.#pending === "" && !this.#read()) return undefined;
    if (this.#pending[0] !== "\x1b") return this.#take(1);
    // The rest of a sequence follows at once; a person's Escape stands alone.
    while (!/^\x1b(\[[0-9;]*[A-Za-z~]|O[A-Z]|[^[O])/.test(this.#pending) && this.#hasMore(SEQUENCE_MS) && this.#read());
    const sequence = /^\x1b(\[[0-9;]*[A-Za-z~]|O[A-Z]|[^[O])/.exec(this.#pending);
    if (!sequence) return this.#take(1) && "escape";
    this.#take(sequence[0].length);
    return sequences[sequence[1]!] ?? "unknown";
  }

  /** Whether a key is there already. */
  get hasPending(): boolean {
    return this.#pending !== "";
  }

  /** Takes what was typed meanwhile; whether Ctrl-C is in it (it and all before it is forgotten then), or the input ended. */
  arrived(): boolean {
    const ended = this.#hasMore(0) && !this.#read();
    const interrupt = this.#pending.lastIndexOf("\x03");
    this.#pending = this.#pending.slice(interrupt + 1);
    return ended || interrupt !== -1;
  }

  #hasMore(milliseconds: number): boolean {
    const fds = Int32Array.of(this.fd, POLLIN);
    return native.poll(fds.buffer, 1, milliseconds) > 0;
  }

  /** A whole character: two UTF-16 units of some. */
  #take(length: number): string {
    const units = length === 1 && /^[\ud800-\udbff][\udc00-\udfff]/.test(this.#pending) ? 2 : length;
    const taken = this.#pending.slice(0, units);
    this.#pending = this.#pending.slice(units);
    return taken;
  }

  #read(): boolean {
    const bytes = new Uint8Array(1024);
    const count = native.read(this.fd, bytes.buffer, 0, bytes.length);
    if (count <= 0) return false;
    this.#pending += new TextDecoder().decode(bytes.subarray(0, count));
    return true;
  }
}
