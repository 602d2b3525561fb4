import * as native from "native";
import { EAGAIN, errnoText } from "../../system/errors.ts";
import { type Loop, POLLIN, type Watcher } from "../../system/loop.ts";
import type { Arbiter, SupervisorEvent } from "../arbiter.ts";
import { Connection, type ConnectionHost } from "./connection.ts";
import { Execution } from "./execution.ts";
import { type ListeningSocket, openListeningSocket } from "./listening-socket.ts";

/** More would only hold memory; the one that was silent for longest makes room for the next. */
const MAX_CONNECTIONS = 64;
/** Without descriptors nobody can be let in: look again then. */
const ACCEPT_AGAIN_MS = 1000;
/** How long `finish` waits for clients to be told and to read. */
const LINGER_MS = 500;

export interface ControlServerOptions {
  readonly loop: Loop;
  readonly arbiter: Arbiter;
  /** Path of the socket; undefined: a folder of its own, see endpoint.ts. */
  readonly endpoint: string | undefined;
  /** A uid that may control this program too, and gets the socket: circus's endpoint_owner. */
  readonly owner: number | undefined;
  /** Takes a line for the log. */
  readonly report: (message: string) => void;
}

/** Lets the daemon's own user in (and root, who could do anything anyway), and nobody else. */
export class ControlServer implements ConnectionHost, Watcher {
  readonly loop: Loop;
  readonly execution: Execution;
  readonly report: (message: string) => void;
  readonly #socket: ListeningSocket;
  readonly #allowed: ReadonlySet<number>;
  readonly #connections = new Set<Connection>();
  readonly #unsubscribe: () => void;
  #accepting = true;

  /** Throws InitError where the socket cannot be opened. */
  constructor({ loop, arbiter, endpoint, owner, report }: ControlServerOptions) {
    this.loop = loop;
    this.report = report;
    this.#socket = openListeningSocket(endpoint, owner);
    this.execution = new Execution(loop, arbiter, this.#socket.path, report);
    this.#allowed = new Set([native.uid(), 0, ...(owner === undefined ? [] : [owner])]);
    this.#unsubscribe = arbiter.subscribe((event) => this.#tell(event));
    loop.watch(this);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get path(): string {
    return this.#socket.path;
  }

  wants(): number {
    return this.#accepting ? POLLIN : 0;
  }

  ready(): void {
    for (let count = 0; count < MAX_CONNECTIONS; count++) {
      const fd = native.accept(this.#socket.fd);
      if (fd === -EAGAIN) return;
      if (fd < 0) {
        this.#pause(-fd);
        return;
      }
      this.#admit(fd);
    }
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** Lets nobody in any more, answers what is under way, and ends. */
  async finish(): Promise<void> {
    this.#unsubscribe();
    this.loop.unwatch(this);
    native.close(this.#socket.fd);
    native.unlink(this.#socket.path);
    const deadline = native.now() + LINGER_MS;
    while (native.now() < deadline && [...this.#connections].some((connection) => !connection.isIdle))
      await new Promise<void>((resolve) => this.loop.after(1, resolve));
    for (const connection of this.#connections) connection.close();
  }

  #admit(fd: number): void {
    const peer = native.peerCredentials(fd);
    const connection = new Connection(fd, this);
    this.#connections.add(connection);
    if (typeof peer === "number" || !this.#allowed.has(peer.uid)) {
      const who = typeof peer === "number" ? errnoText(-peer) : `process ${peer.pid} of user ${peer.uid}`;
      this.report(`control: ${who} is not let in`);
      connection.refuse("permission denied");
    } else if (this.#connections.size > MAX_CONNECTIONS) this.#makeRoomFor(connection);
  }

  #makeRoomFor(newest: Connection): void {
    const others = [...this.#connections].filter((connection) => connection !== newest && !connection.isServed);
    const oldest = others.sort((one, other) => one.lastUsed - other.lastUsed)[0];
    if (oldest) oldest.refuse("too many clients, and this one was silent for longest");
    else newest.refuse("too many clients");
  }

  #pause(errno: number): void {
    this.report(`control: accept: ${errnoText(errno)}`);
    this.#accepting = false;
    this.loop.after(ACCEPT_AGAIN_MS, () => {
      this.#accepting = true;
    });
  }

  #tell(event: SupervisorEvent): void {
    const subscribers = [...this.#connections].filter(({ isSubscribed }) => isSubscribed);
    if (subscribers.length === 0) return;
    const line = `${JSON.stringify(event)}\n`;
    for (const connection of subscribers) connection.tell(event, line);
  }
}
