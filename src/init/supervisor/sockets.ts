import * as native from "native";
import type { SocketOptions, WatcherOptions } from "../circus/configuration.ts";
import { mentionsSocket, usesSocket } from "../circus/configuration-changes.ts";
import type { ControlledSocket } from "../control/arbiter.ts";
import { check, EEXIST, ENOENT, InitError, systemError } from "../system/errors.ts";
import { type Loop, POLLIN } from "../system/loop.ts";

/** Below are the standard streams and the descriptors on which processes tell that they are ready. */
const LOWEST_FD = 16;

/** What a process gets of the sockets. */
export interface LentSockets {
  /** Descriptors by name, as `$(circus.sockets.NAME)` tells them. */
  readonly byName: Readonly<Record<string, number>>;
  /** Closes those that were made for this process only. */
  release(): void;
}

interface OpenSocket extends ControlledSocket {
  readonly options: SocketOptions;
}

/** The sockets of `[socket:]` sections, open as long as the supervisor runs, whatever becomes of the processes. */
export class SocketSet {
  readonly #loop: Loop;
  readonly #open = new Map<string, OpenSocket>();

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  get list(): readonly ControlledSocket[] {
    return [...this.#open.values()];
  }

  /** Throws InitError. With SO_REUSEPORT each process gets a socket of its own; this one only tells that the address is to be had. */
  open(options: SocketOptions): void {
    const fd = bindSocket(options);
    const { name, path, backlog } = options;
    const address = path === undefined ? check(native.localAddress(fd), () => `socket ${name}`) : undefined;
    const host = address?.host ?? options.host;
    this.#open.set(name, { name, fd, host, port: address?.port ?? options.port, path, backlog, options });
  }

  close(name: string): void {
    const socket = this.#open.get(name);
    if (!socket) return;
    this.#open.delete(name);
    native.close(socket.fd);
    if (socket.path !== undefined) native.unlink(socket.path);
  }

  closeAll(): void {
    for (const name of [...this.#open.keys()]) this.close(name);
  }

  /** Throws InitError where another socket with SO_REUSEPORT cannot be had. */
  lend(watcher: WatcherOptions): LentSockets {
    const made: number[] = [];
    const byName: Record<string, number> = {};
    for (const { name, fd, port, options } of this.#open.values()) {
      byName[name] = fd;
      if (!options.soReuseport || !mentionsSocket(watcher, name)) continue;
      const own = bindSocket({ ...options, port });
      made.push(own);
      byName[name] = own;
    }
    return {
      byName,
      release: () => {
        for (const fd of made) native.close(fd);
      },
    };
  }

  /** Calls back once when somebody connects to a socket of this watcher: those that it mentions, or any when it mentions none. */
  onConnection(watcher: WatcherOptions, action: () => void): () => void {
    const sockets = [...this.#open.values()];
    const own = sockets.filter(({ name }) => usesSocket(watcher, name));
    const polled = (own.length > 0 ? own : sockets).map(({ fd }) => ({ fd, wants: () => POLLIN, ready }));
    const cancel = () => {
      for (const watched of polled) this.#loop.unwatch(watched);
    };
    function ready() {
      cancel();
      action();
    }
    for (const watched of polled) this.#loop.watch(watched);
    return cancel;
  }
}

/** Bound, listening where it is a stream, not below LOWEST_FD. */
function bindSocket(options: SocketOptions): number {
  const { family, type } = options;
  const domain = family === "AF_UNIX" ? "unix" : family === "AF_INET6" ? "inet6" : "inet";
  const made = check(native.socket(domain, type === "SOCK_DGRAM" ? "datagram" : "stream"), () => say(options));
  const fd = native.duplicate(made, LOWEST_FD);
  native.close(made);
  check(fd, () => say(options));
  try {
    bind(fd, options, domain);
    if (type !== "SOCK_DGRAM") check(native.listen(fd, options.backlog), () => say(options));
    if (options.blocking) native.setBlocking(fd);
    return fd;
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

function bind(fd: number, options: SocketOptions, domain: "unix" | "inet" | "inet6"): void {
  const what = () => say(options);
  if (options.path !== undefined) {
    if (typeof native.lstat(options.path) !== "number") {
      if (!options.replace)
        throw new InitError(
          systemError(EEXIST, "").code,
          `${what()}: the file is there; \`replace = True\` removes it`,
        );
      check(native.unlink(options.path), what);
    }
    const mask = options.umask ?? currentUmask();
    check(native.bindUnix(fd, options.path, 0o777 & ~mask), what);
    return;
  }
  check(native.reuseAddress(fd), what);
  if (options.soReuseport) check(native.reusePort(fd), what);
  if (options.interface !== undefined) check(native.bindToDevice(fd, options.interface), what);
  const hosts = native.resolve(options.host, domain === "inet6" ? "inet6" : "inet");
  const host = typeof hosts === "number" ? undefined : hosts[0];
  if (host === undefined)
    throw systemError(typeof hosts === "number" ? -hosts : ENOENT, `${what()}: find ${options.host}`);
  check(native.bindInternet(fd, host, options.port), what);
}

function currentUmask(): number {
  const mask = native.umask(0);
  native.umask(mask);
  return mask;
}

function say({ name, path, host, port }: SocketOptions): string {
  return `socket ${name} at ${path ?? `${host}:${port}`}`;
}
