import * as native from "native";
import { check, EAGAIN, InitError } from "../../system/errors.ts";
import { POLLIN, POLLOUT } from "../../system/loop.ts";
import type { Properties, Response } from "../protocol.ts";

const NEWLINE = 10;
const READ_SIZE = 16 * 1024;
const LOOK_AGAIN_MS = 20;

/** circus's CallError: no answer came. */
export class CallError extends Error {
  override readonly name = "CallError";
}

/** Ends a waiting early. */
export interface Interrupt {
  /** Has news when it may have arrived. */
  readonly fd: number;
  arrived(): boolean;
}

/** A conversation with the daemon, one request at a time. It waits: a client has nothing else to do. */
export class ClientConnection {
  readonly #path: string;
  readonly #fd: number;
  readonly #interrupt: Interrupt | undefined;
  #input = new Uint8Array(0);
  #requests = 0;

  /** Throws CallError where nobody listens. `timeoutMs` covers a daemon that is too busy to let us in. */
  constructor(path: string, timeoutMs: number, interrupt?: Interrupt) {
    this.#path = path;
    this.#interrupt = interrupt;
    this.#fd = check(native.socket("unix", "stream"), () => "socket");
    const deadline = native.now() + timeoutMs;
    let result = native.connectUnix(this.#fd, path);
    while (result === -EAGAIN && native.now() < deadline) {
      native.poll(new ArrayBuffer(0), 0, LOOK_AGAIN_MS);
      result = native.connectUnix(this.#fd, path);
    }
    try {
      check(result, () => `no circusd answers at ${path}`);
    } catch (error) {
      native.close(this.#fd);
      throw error instanceof InitError ? new CallError(error.message) : error;
    }
  }

  /** The daemon's answer. Throws CallError: `Timed out.` after so many milliseconds, or `Interrupted.` */
  call(command: string, properties: Properties, timeoutMs: number): Response {
    const id = `${native.pid()}-${++this.#requests}`;
    const deadline = native.now() + timeoutMs;
    this.#send(`${JSON.stringify({ command, properties, id })}\n`, deadline);
    for (;;) {
      const line = this.readLine(deadline);
      if (line === undefined) throw new CallError(`the daemon at ${this.#path} closed the connection`);
      const response = JSON.parse(line) as Response;
      // One without an id tells why the daemon does not want us.
      if (response.id === id || response.id === null) return response;
    }
  }

  /** The next line; undefined at the end. Throws CallError as `call` does. */
  readLine(deadline: number): string | undefined {
    for (;;) {
      const end = this.#input.indexOf(NEWLINE);
      if (end !== -1) {
        const line = new TextDecoder().decode(this.#input.subarray(0, end));
        this.#input = this.#input.slice(end + 1);
        return line;
      }
      const others = this.#interrupt ? [[this.#interrupt.fd, POLLIN] as const] : [];
      const woken = waitFor([[this.#fd, POLLIN], ...others], deadline);
      if (woken.length === 0) throw new CallError("Timed out.");
      if (woken.some((fd) => fd !== this.#fd) && this.#interrupt?.arrived()) throw new CallError("Interrupted.");
      if (woken.includes(this.#fd) && !this.#receive()) return undefined;
    }
  }

  close(): void {
    native.close(this.#fd);
  }

  #receive(): boolean {
    const bytes = new Uint8Array(READ_SIZE);
    const count = native.read(this.#fd, bytes.buffer, 0, READ_SIZE);
    if (count === -EAGAIN) return true;
    if (count < 0) return false;
    const joined = new Uint8Array(this.#input.length + count);
    joined.set(this.#input);
    joined.set(bytes.subarray(0, count), this.#input.length);
    this.#input = joined;
    return count > 0;
  }

  #send(text: string, deadline: number): void {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; ) {
      const count = native.write(this.#fd, bytes.buffer, at, bytes.length - at);
      // The daemon may have said why before it closed the connection.
      if (count < 0 && count !== -EAGAIN) return;
      if (count > 0) at += count;
      else if (waitFor([[this.#fd, POLLOUT]], deadline).length === 0) throw new CallError("Timed out.");
    }
  }
}

/** Which of these descriptors have news; none when the time is over. */
export function waitFor(wanted: readonly (readonly [fd: number, events: number])[], deadline: number): number[] {
  const fds = Int32Array.from(wanted.flat());
  for (;;) {
    const left = deadline === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(deadline - native.now()));
    const ready = check(native.poll(fds.buffer, wanted.length, left), () => "poll");
    if (ready > 0) return wanted.filter((_, index) => fds[2 * index + 1]! >>> 16).map(([fd]) => fd);
    if (left === 0) return [];
  }
}
