import * as native from "native";
import { EAGAIN } from "../../system/errors.ts";
import { type Loop, POLLIN, POLLOUT, type Watcher } from "../../system/loop.ts";
import type { SupervisorEvent } from "../arbiter.ts";
import {
  errorResponse,
  MAX_REQUEST,
  okResponse,
  parseRequest,
  type Request,
  RequestError,
  type Response,
} from "../protocol.ts";
import type { Execution } from "./execution.ts";

const READ_SIZE = 4096;
/** With this much unread, a client gets no further request served until it reads. */
const SERVE_BELOW = 64 * 1024;
/** A subscriber that is this far behind is dropped: the supervisor waits for nobody. */
const MAX_UNREAD_EVENTS = 256 * 1024;
/**
 * Between the requests of one client everything else has its turn, for as long as the last request took: who asks on and on gets
 * half of the time at most.
 */
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 100;
const NEWLINE = 10;

const scratch = new Uint8Array(READ_SIZE);
const nothing = new Uint8Array(0);

export interface ConnectionHost {
  readonly loop: Loop;
  readonly execution: Execution;
  closed(connection: Connection): void;
  report(message: string): void;
}

/** One client: its requests are served one after the other, in their order. */
export class Connection implements Watcher {
  readonly fd: number;
  readonly #host: ConnectionHost;
  #input: Uint8Array = nothing;
  #output: Uint8Array = nothing;
  #busy = false;
  /** The client sends no more, or is not listened to any more. */
  #ended = false;
  #closed = false;
  /** Beginnings of the topics it wants to hear of. */
  #topics: readonly string[] | undefined;
  lastUsed = native.now();

  constructor(fd: number, host: ConnectionHost) {
    this.fd = fd;
    this.#host = host;
    host.loop.watch(this);
  }

  /** Whether all it asked for is done, and read. */
  get isIdle(): boolean {
    return !this.#busy && this.#output.length === 0;
  }

  get isSubscribed(): boolean {
    return this.#topics !== undefined;
  }

  /** Whether something is done for it just now. */
  get isServed(): boolean {
    return this.#busy || this.isSubscribed;
  }

  wants(): number {
    const reads = !this.#ended && !this.#busy && this.#output.length < SERVE_BELOW;
    return (reads ? POLLIN : 0) | (this.#output.length > 0 ? POLLOUT : 0);
  }

  ready(events: number): void {
    if (events & POLLOUT) this.#flush();
    if (!this.#closed && events & ~POLLOUT) this.#read();
  }

  /** Tells an event to a subscriber of its topic. */
  tell(event: SupervisorEvent, line: string): void {
    if (this.#closed || !this.#topics?.some((topic) => event.topic.startsWith(topic))) return;
    this.#send(line);
    if (this.#output.length <= MAX_UNREAD_EVENTS) return;
    this.#host.report(`control: a subscriber reads too slowly and is dropped, ${this.#output.length} bytes behind`);
    this.close();
  }

  /** Says why, if the client reads it, and ends. */
  refuse(reason: string): void {
    this.#respond(errorResponse(reason, 0, null));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.loop.unwatch(this);
    native.close(this.fd);
    this.#host.closed(this);
  }

  #read(): void {
    const count = native.read(this.fd, scratch.buffer, 0, READ_SIZE);
    if (count === -EAGAIN) return;
    if (count < 0) {
      this.close();
      return;
    }
    if (count === 0) this.#ended = true;
    else this.#input = joined(this.#input, scratch.subarray(0, count));
    this.lastUsed = native.now();
    this.#serveNext();
  }

  #serveNext(): void {
    if (this.#busy || this.#closed) return;
    const line = this.#takeLine();
    if (line !== undefined) void this.#serve(line);
    else if (this.#ended && this.#output.length === 0 && !this.isSubscribed) this.close();
  }

  /** The last line need not have an end. */
  #takeLine(): string | undefined {
    const end = this.#input.indexOf(NEWLINE);
    if (end === -1 && this.#input.length > MAX_REQUEST) return this.#stopListening();
    if (end === -1 && !(this.#ended && this.#input.length > 0)) return undefined;
    const line = end === -1 ? this.#input : this.#input.subarray(0, end);
    this.#input = end === -1 ? nothing : this.#input.slice(end + 1);
    return line.length > MAX_REQUEST ? this.#stopListening() : new TextDecoder().decode(line);
  }

  /** Where the next message would begin nobody knows. */
  #stopListening(): undefined {
    this.#ended = true;
    this.#input = nothing;
    this.#respond(errorResponse(`message longer than ${MAX_REQUEST} bytes`, 0, null));
    return undefined;
  }

  /** Never throws, never rejects. */
  async #serve(line: string): Promise<void> {
    this.#busy = true;
    const began = native.now();
    let request: Request | undefined;
    try {
      request = parseRequest(line);
    } catch (error) {
      this.#respond(this.#host.execution.respondTo(error, null));
    }
    if (request?.command === "listen") this.#subscribe(request);
    else if (request) {
      const response = await this.#host.execution.answer(request);
      if (!request.cast) this.#respond(response);
    }
    this.lastUsed = native.now();
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, this.lastUsed - began));
    this.#host.loop.after(pause, () => {
      this.#busy = false;
      this.#serveNext();
    });
  }

  #subscribe({ properties, id }: Request): void {
    const topics = properties.topics ?? [""];
    if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === "string")) {
      this.#respond(this.#host.execution.respondTo(new RequestError("'topics' isn't a list of strings"), id));
      return;
    }
    this.#topics = topics.length === 0 ? [""] : topics;
    this.#respond(okResponse({}, id));
  }

  #respond(response: Response): void {
    this.#send(`${JSON.stringify(response)}\n`);
  }

  #send(text: string): void {
    if (this.#closed) return;
    this.#output = joined(this.#output, new TextEncoder().encode(text));
    this.#flush();
  }

  #flush(): void {
    const count = native.write(this.fd, this.#output.buffer, this.#output.byteOffset, this.#output.length);
    if (count === -EAGAIN) return;
    if (count < 0) {
      this.close();
      return;
    }
    this.#output = count === this.#output.length ? nothing : this.#output.subarray(count);
    if (this.#output.length === 0 && this.#ended) this.#serveNext();
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
