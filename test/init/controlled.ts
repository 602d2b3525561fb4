import { spawn } from "node:child_process";
import { symlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { program, type Running, supervise, temporaryFolder, until } from "./supervised.ts";

export interface Answer {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end. */
export function runToEnd(file: string, words: readonly string[], input = "", env = process.env): Promise<Answer> {
  const child = spawn(file, words, { env });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  // One that needs no input may be gone before it is written.
  child.stdin.on("error", () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output, errors }));
  });
}

/** A daemon with its control socket in a folder of its own, and circusctl for it. */
export interface Controlled extends AsyncDisposable {
  readonly folder: string;
  readonly daemon: Running;
  readonly endpoint: string;
  /** The binary by the name of the client. */
  readonly circusctl: string;
  ctl(...words: readonly string[]): Promise<Answer>;
  /** What it prints; fails where it does not end with 0. */
  ask(...words: readonly string[]): Promise<string>;
  /** A connection of our own. */
  connect(): Promise<RawClient>;
}

/** `ini`: sections behind `[circus]`. */
export async function control(ini: string, circus = ""): Promise<Controlled> {
  const folder = await temporaryFolder();
  const endpoint = folder.file("control.sock");
  const circusctl = folder.file("circusctl");
  await symlink(program, circusctl);
  const daemon = await supervise(folder, `[circus]\nendpoint = ${endpoint}\n${circus}\n${ini}`);
  const ctl = (...words: readonly string[]) => runToEnd(circusctl, ["--endpoint", endpoint, ...words]);
  const controlled: Controlled = {
    folder: folder.path,
    daemon,
    endpoint,
    circusctl,
    ctl,
    async ask(...words) {
      const { code, output, errors } = await ctl(...words);
      if (code !== 0) throw new Error(`circusctl ${words.join(" ")}: ${code}: ${errors}\n${daemon.errors()}`);
      return output;
    },
    connect: () => connectRaw(endpoint),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
  await until(async () => (await ctl("numwatchers")).code === 0, `an answer of circusd\n${daemon.errors()}`);
  return controlled;
}

/** A client that may say anything. */
export interface RawClient extends Disposable {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** The next line of the daemon; undefined when it closed the connection. */
  line(): Promise<string | undefined>;
}

async function connectRaw(path: string): Promise<RawClient> {
  const socket = connect(path);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let received = "";
  let closed = false;
  let wake = () => {};
  socket.setEncoding("utf8").on("data", (text: string) => {
    received += text;
    wake();
  });
  // The daemon drops whom it does not want, with what they still send.
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
    wake();
  });
  return {
    socket,
    send: (text) => socket.write(text),
    async line() {
      while (!received.includes("\n")) {
        if (closed) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const end = received.indexOf("\n");
      const line = received.slice(0, end);
      received = received.slice(end + 1);
      return line;
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}
