import * as native from "native";
import { FrameKind } from "../../protocol/frames.ts";
import type { TerminalSize } from "../../protocol/messages.ts";
import { check, EAGAIN } from "../system/errors.ts";
import { type Loop, POLLIN, POLLOUT, type Watcher } from "../system/loop.ts";
import type { Output } from "./output.ts";

/**
 * A larger pipe saves switches between a command that prints much and the agent. Beyond 64 MiB of a user's pipes together
 * the kernel gives new ones hardly anything.
 */
export const PIPE_SIZE = 1 << 18;

/** The ends of a command's pipes or terminal: ours, and those that become its descriptors 0, 1, 2 (and 3). */
export interface CommandFds {
  /** To write stdin to; undefined when there is none. */
  readonly input: number | undefined;
  readonly outputs: readonly { readonly fd: number; readonly kind: FrameKind }[];
  readonly terminal: number | undefined;
  readonly record: number | undefined;
  readonly theirs: readonly number[];
}

export function openFds(options: {
  readonly terminal: TerminalSize | undefined;
  readonly stdin: boolean;
  readonly record: boolean;
  readonly uid: number;
}): CommandFds {
  const theirs: number[] = [];
  const ours: number[] = [];
  const openPipe = (direction: "in" | "out") => {
    const [readEnd, writeEnd] = check(native.pipe(), () => "pipe");
    const [mine, other] = direction === "in" ? [writeEnd, readEnd] : [readEnd, writeEnd];
    ours.push(mine);
    theirs.push(other);
    native.setNonblocking(mine);
    native.setPipeSize(mine, PIPE_SIZE);
    // As runc does, so that the command can open /dev/stdout again.
    if (options.uid !== 0) native.fchown(other, options.uid, -1);
    return mine;
  };
  try {
    if (options.terminal) {
      const { rows, columns } = options.terminal;
      const [master, slave] = check(native.openPty(rows, columns), () => "open /dev/ptmx");
      ours.push(master);
      theirs.push(slave);
      native.fchown(slave, options.uid, -1);
      const record = options.record ? openPipe("out") : undefined;
      return {
        input: master,
        outputs: [{ fd: master, kind: FrameKind.stdout }],
        terminal: master,
        record,
        theirs: [slave, slave, slave, ...theirs.slice(1)],
      };
    }
    let input: number | undefined;
    if (options.stdin) input = openPipe("in");
    // An empty pipe, as BuildKit gives: programs ask whether they stand in one.
    else native.close(ours.splice(ours.indexOf(openPipe("in")), 1)[0]!);
    const stdout = openPipe("out");
    const stderr = openPipe("out");
    const record = options.record ? openPipe("out") : undefined;
    return {
      input,
      outputs: [
        { fd: stdout, kind: FrameKind.stdout },
        { fd: stderr, kind: FrameKind.stderr },
      ],
      terminal: undefined,
      record,
      theirs,
    };
  } catch (error) {
    for (const fd of [...ours, ...theirs]) native.close(fd);
    throw error;
  }
}

/** Forwards what a command prints as long as the client keeps up. */
export class OutputStream implements Watcher {
  readonly fd: number;
  readonly #kind: FrameKind;
  readonly #id: number;
  readonly #output: Output;
  readonly #onState: () => void;
  /** Nobody has the other end open any more, and all was read. */
  #ended = false;

  constructor(fd: number, kind: FrameKind, id: number, output: Output, onState: () => void) {
    this.fd = fd;
    this.#kind = kind;
    this.#id = id;
    this.#output = output;
    this.#onState = onState;
  }

  get ended(): boolean {
    return this.#ended;
  }

  wants(): number {
    return !this.#ended && this.#output.hasRoom ? POLLIN : 0;
  }

  ready(): void {
    if (this.#output.hasRoom) this.#forward();
    this.#onState();
  }

  /** Reads until it is empty; false when the client has to take something first. */
  drain(): boolean {
    while (!this.#ended) {
      if (!this.#output.hasRoom) return false;
      if (!this.#forward()) break;
    }
    return true;
  }

  #forward(): boolean {
    const count = this.#output.forward(this.fd, this.#kind, this.#id);
    // A terminal answers EIO once nobody has it open.
    if (count <= 0 && count !== -EAGAIN) this.#ended = true;
    return count > 0;
  }
}

/** Queue of what is written to a command's stdin; `onConsumed` keeps the client's window open. */
export class InputStream implements Watcher {
  readonly fd: number;
  readonly #loop: Loop;
  readonly #onConsumed: (bytes: number) => void;
  readonly #queue: Uint8Array[] = [];
  #ended = false;
  #closed = false;

  constructor(fd: number, loop: Loop, onConsumed: (bytes: number) => void) {
    this.fd = fd;
    this.#loop = loop;
    this.#onConsumed = onConsumed;
  }

  wants(): number {
    return this.#queue.length > 0 ? POLLOUT : 0;
  }

  push(data: Uint8Array): void {
    if (this.#closed) {
      this.#onConsumed(data.length);
      return;
    }
    this.#queue.push(data.slice());
    this.ready();
  }

  ready(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const count = native.write(this.fd, first.buffer, first.byteOffset, first.length);
      if (count === -EAGAIN) return;
      // The command closed it: the rest is of interest to nobody.
      const taken = count < 0 ? first.length : count;
      this.#onConsumed(taken);
      if (taken < first.length) this.#queue[0] = first.subarray(taken);
      else this.#queue.shift();
    }
    if (this.#ended) this.close();
  }

  /** Closes it once everything is written. */
  end(): void {
    this.#ended = true;
    if (this.#queue.length === 0) this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.unwatch(this);
    native.close(this.fd);
  }
}
