import * as native from "native";
import type { StreamOptions, WatcherOptions } from "../circus/configuration.ts";
import { expandProcess, type ProcessContext } from "../circus/expand-process.ts";
import { check, InitError } from "../system/errors.ts";
import { readText } from "../system/files.ts";
import { Child } from "./child.ts";
import { findIdentity, type Identity, ownIdentity } from "./identity.ts";
import { readIdentityFiles } from "./identity-files.ts";
import { limitPairs, startProcess } from "./process-start.ts";
import type { ProgramHost } from "./program-run.ts";
import type { SocketSet } from "./sockets.ts";
import type { StreamRegistry } from "./streams/stream-registry.ts";

export interface ProcessHost extends ProgramHost {
  readonly streams: StreamRegistry;
  readonly sockets: SocketSet;
}

/** What readiness adds to a process: variables, and a descriptor to tell it on. */
export interface ReadyChannel {
  readonly env: Readonly<Record<string, string>>;
  /** The number that the process knows it by, and our descriptor, which is closed after the start. */
  openDescriptor(): { readonly number: number; readonly fd: number } | undefined;
}

/** Makes a watcher's processes. */
export class ProcessFactory {
  readonly #host: ProcessHost;
  readonly #options: WatcherOptions;
  #identity: Identity | undefined;

  constructor(host: ProcessHost, options: WatcherOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Whom a process runs as, from the files as they are at its first start; our own user is no change. Throws InitError. */
  get identity(): Identity {
    if (this.#identity) return this.#identity;
    const { uid, gid } = this.#options;
    const files = uid === undefined && gid === undefined ? { passwd: "", group: "" } : readIdentityFiles();
    const found = findIdentity(uid, gid, files);
    // Without root's rights only this is possible, and asking for it would fail.
    const isOwn = found.uid === native.uid() && found.uid !== 0;
    this.#identity = isOwn ? ownIdentity : found;
    return this.#identity;
  }

  get workingDir(): string {
    return this.#options.workingDir ?? ".";
  }

  context(wid: number, sockets: Readonly<Record<string, number>>): ProcessContext {
    return { wid, sockets, readText };
  }

  /** Throws InitError where it cannot be started. */
  start(wid: number, channel: ReadyChannel | undefined, onEnd: (child: Child, ended: native.Ended) => void): Child {
    const options = this.#options;
    const { streams, loop, reaper, sockets, nothing } = this.#host;
    const lent = sockets.lend(options);
    const pipes: { read: number; write: number; options: StreamOptions; channel: "stdout" | "stderr" }[] = [];
    let descriptor: ReturnType<ReadyChannel["openDescriptor"]>;
    try {
      const plan = expandProcess(options, this.context(wid, lent.byName));
      const output = (closed: boolean, stream: StreamOptions | undefined, fd: 1 | 2) => {
        if (closed) return nothing;
        if (!stream) return fd;
        const [read, write] = check(native.pipe(), () => "pipe");
        pipes.push({ read, write, options: stream, channel: fd === 1 ? "stdout" : "stderr" });
        return write;
      };
      const fds = [
        this.#input(lent.byName),
        output(options.closeChildStdout, options.stdoutStream, 1),
        output(options.closeChildStderr, options.stderrStream, 2),
      ];
      descriptor = channel?.openDescriptor();
      if (descriptor) {
        while (fds.length < descriptor.number) fds.push(-1);
        fds[descriptor.number] = descriptor.fd;
      }
      const pid = startProcess({
        argv: plan.argv,
        env: channel ? { ...plan.env, ...channel.env } : plan.env,
        path: plan.path,
        cwd: this.workingDir,
        identity: this.identity,
        fds,
        keep: options.useSockets ? Object.values(lent.byName) : [],
        limits: limitPairs(options.rlimits),
      });
      for (const { read, channel, options: stream } of pipes)
        streams.redirect(read, stream, { pid, channel, watcher: options.name });
      return new Child(pid, wid, loop, reaper, onEnd);
    } catch (error) {
      for (const { read } of pipes) native.close(read);
      throw error;
    } finally {
      for (const { write } of pipes) native.close(write);
      if (descriptor) native.close(descriptor.fd);
      lent.release();
    }
  }

  #input(sockets: Readonly<Record<string, number>>): number {
    const { stdinSocket, closeChildStdin } = this.#options;
    if (stdinSocket === undefined) return closeChildStdin ? this.#host.nothing : 0;
    const fd = sockets[stdinSocket];
    if (fd === undefined) throw new InitError("no-such-socket", `stdin_socket '${stdinSocket}' does not exist`);
    return fd;
  }
}
