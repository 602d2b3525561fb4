import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { ConnectionOptions } from "./connection.ts";
import type { SshEndpoint } from "./endpoint.ts";

/**
 * A connection through the user's own ssh program, so that keys, agents, jump hosts and known hosts are what they are
 * for ssh itself: `docker system dial-stdio` on the other side joins it to the engine's socket.
 */
export function openSshConnection(endpoint: SshEndpoint, options: ConnectionOptions): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", sshArguments(endpoint), { stdio: ["pipe", "pipe", "pipe"] });
    child.once("error", reject);
    child.once("spawn", () => {
      child.off("error", reject);
      resolve(new ProgramConnection(child, options));
    });
  });
}

function sshArguments(endpoint: SshEndpoint): string[] {
  return [
    ...(endpoint.user === undefined ? [] : ["-l", endpoint.user]),
    ...(endpoint.port === undefined ? [] : ["-p", String(endpoint.port)]),
    ...["-o", "ConnectTimeout=30", "-T", "--", endpoint.host, "docker"],
    ...(endpoint.socket === undefined ? [] : ["--host", `unix://${endpoint.socket}`]),
    ...["system", "dial-stdio"],
  ];
}

/** What ssh printed when it ended before the engine answered. */
export class SshError extends Error {
  override readonly name = "SshError";
  readonly exitCode: number | null;
  constructor(exitCode: number | null, said: string) {
    super(said.trim() || `ssh ended with status ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A program's standard input and output as one connection; has those methods of a net.Socket that node:http calls. */
class ProgramConnection extends Duplex {
  readonly #child: ChildProcess;
  #said = "";

  constructor(child: ChildProcess, { allowHalfOpen, signal }: ConnectionOptions) {
    super({ allowHalfOpen });
    this.#child = child;
    const { stdin, stdout, stderr } = child;
    stdout!.on("data", (chunk) => {
      if (!this.push(chunk)) stdout!.pause();
    });
    // Its standard output ends before its exit status is known: a failure must not look like an orderly end.
    child.once("close", (code) => {
      if (code === 0 || this.destroyed) this.push(null);
      else this.destroy(new SshError(code, this.#said));
    });
    stderr!.on("data", (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-4000);
    });
    // EPIPE says less than the exit status that follows.
    stdin!.on("error", () => {});
    const abort = () => this.destroy(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.once("close", () => signal?.removeEventListener("abort", abort));
  }

  override _read(): void {
    this.#child.stdout!.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#child.stdin!.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin!.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#child.ref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) (stream as Socket).ref();
    return this;
  }

  unref(): this {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) (stream as Socket).unref();
    return this;
  }
}
