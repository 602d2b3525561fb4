import { chmod, mkdtemp, rename, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import { isOwnConnection, tellsUsers } from "./peer.ts";

export type ListenAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string };

/**
 * Reads `127.0.0.1:4711`, `localhost:4711`, `[::1]:4711` or the path of a socket. Port 0: any that is free.
 * @throws SlipwayError LISTEN_ADDRESS for others than this machine's own.
 */
export function parseListenAddress(text: string, folder: string): ListenAddress {
  const [, host, port] = /^(?:\[(.+)\]|([^/:]+)):(\d{1,5})$/.exec(text)?.filter((part) => part !== undefined) ?? [];
  if (host !== undefined && Number(port) < 65_536) {
    if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) {
      return { kind: "tcp", host, port: Number(port) };
    }
    throw addressError(`${host} is no address of this machine alone`);
  }
  if (text.includes("/")) return { kind: "socket", path: resolve(folder, text) };
  throw addressError(`${text} is no address to listen on`);
}

function addressError(message: string, cause?: unknown): SlipwayError {
  return new SlipwayError("LISTEN_ADDRESS", message, {
    hint: "give 127.0.0.1:PORT, or the path of a socket: ./dap.sock",
    exitCode: ExitCode.usage,
    cause,
  });
}

export interface Listening extends AsyncDisposable {
  /** As an editor connects to it. */
  readonly address: string;
}

/**
 * Takes connections of this user's own programs; `serve` ends with its connection.
 * @throws SlipwayError LISTEN_ADDRESS
 */
export async function listen(address: ListenAddress, serve: (socket: Socket) => Promise<void>): Promise<Listening> {
  const served = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // A connection that breaks is one that ends.
    socket.on("error", () => {});
    const serving = receive(socket, address.kind).finally(() => served.delete(serving));
    served.add(serving);
  });
  async function receive(socket: Socket, kind: ListenAddress["kind"]): Promise<void> {
    const isOwn = kind === "socket" || (await isOwnConnection(socket));
    if (isOwn && (await speaksProtocol(socket))) await serve(socket);
    socket.destroy();
  }
  const place = address.kind === "tcp" ? await listenTcp(server, address) : await listenSocket(server, address.path);
  return {
    address: place,
    async [Symbol.asyncDispose]() {
      server.close();
      if (address.kind === "socket") await rm(address.path, { force: true });
      await Promise.all(served);
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listenTcp(server: Server, { host, port }: { host: string; port: number }): Promise<string> {
  if (!(await tellsUsers())) {
    throw addressError("here a port would be open to every user of this machine");
  }
  await begin(server, () => server.listen(port, host), `${host}:${port}`);
  const bound = server.address();
  const own = typeof bound === "object" && bound !== null ? bound.port : port;
  return host.includes(":") ? `[${host}]:${own}` : `${host}:${own}`;
}

/** The socket is made where only this user gets, and moved when it is closed to others: at no time can they connect. */
async function listenSocket(server: Server, path: string): Promise<string> {
  if (await answers(path)) throw addressError(`somebody listens on ${path} already`);
  let folder: string;
  try {
    folder = await mkdtemp(join(dirname(path), ".slipway-"));
  } catch (cause) {
    throw addressError(`can't listen on ${path}: ${messageOf(cause)}`, cause);
  }
  try {
    const made = join(folder, basename(path));
    await begin(server, () => server.listen(made), path);
    await chmod(made, 0o600);
    await rename(made, path);
  } finally {
    await rm(folder, { recursive: true });
  }
  return path;
}

async function begin(server: Server, start: () => void, place: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (cause) => reject(addressError(`can't listen on ${place}: ${cause.message}`, cause)));
    start();
  });
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** A web page may make a browser send what it likes, but not what comes first: that names a method of HTTP. */
async function speaksProtocol(socket: Socket): Promise<boolean> {
  return await new Promise((resolve) => {
    socket.once("close", () => resolve(false));
    socket.once("readable", () => {
      const first: Buffer | null = socket.read();
      if (first === null) return resolve(false);
      socket.unshift(first);
      const start = "Content-Length:";
      resolve(first.length > 1 && first.toString("latin1").slice(0, start.length) === start.slice(0, first.length));
    });
  });
}
