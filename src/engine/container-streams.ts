import { type Duplex, PassThrough, type Readable, Writable } from "node:stream";
import type { EngineClient } from "./client.ts";
import type { WaitOptions } from "./containers.ts";
import { demultiplex, type OutputStreams } from "./demultiplex.ts";
import { pathPart } from "./request.ts";

/** Both streams end when the container does, or when the connection is lost. */
export interface ContainerStream extends OutputStreams {
  /** Ending it ends the standard input of a container made with `stdinOnce`; of any other, it detaches (as 20.10 does). */
  readonly stdin: Writable;
  /** Detaches; the container goes on. */
  close(): void;
}

export interface AttachOptions extends WaitOptions {
  /** What it printed before, too. */
  readonly logs?: boolean | undefined;
  /** Whether the container was created with a TTY: then everything arrives as stdout, unframed. */
  readonly tty?: boolean | undefined;
}

/**
 * Joins the container's standard streams; attach before the start to miss nothing. It must have been created with
 * `openStdin` for `stdin` to reach it.
 */
export async function attachContainer(
  engine: EngineClient,
  id: string,
  { logs, tty, signal }: AttachOptions = {},
): Promise<ContainerStream> {
  // No body: 20.10 would hand one to the container's standard input.
  const raw = await engine.hijack("POST", `/containers/${pathPart(id)}/attach`, {
    query: { stream: true, stdin: true, stdout: true, stderr: true, logs },
    signal,
  });
  return splitConnection(raw, tty ?? false);
}

/** A hijacked connection as three streams. */
function splitConnection(raw: Duplex, tty: boolean): ContainerStream {
  // Nobody reads our half any more: without this the connection would stay half-open.
  raw.once("end", () => raw.end());
  return { ...(tty ? terminalStreams(raw) : demultiplex(raw)), stdin: writableHalf(raw), close: () => raw.destroy() };
}

function terminalStreams(raw: Readable): OutputStreams {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stderr.end();
  stdout.on("error", () => {});
  raw.once("error", (error) => stdout.destroy(error));
  raw.once("close", () => stdout.end());
  raw.pipe(stdout);
  return { stdout, stderr };
}

/** Only the writing side, so that ending or destroying it leaves the output alone. */
function writableHalf(raw: Duplex): Writable {
  const stdin = new Writable({
    write: (chunk, _encoding, done) => {
      raw.write(chunk, done);
    },
    final: (done) => {
      if (raw.writable) raw.end(done);
      else done();
    },
  });
  raw.once("close", () => stdin.destroy());
  // The reason is told on the output streams; a writer must not bring the program down for it.
  stdin.on("error", () => {});
  return stdin;
}

/** Sets the size of the container's terminal. */
export async function resizeContainer(
  engine: EngineClient,
  id: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  { signal }: WaitOptions = {},
): Promise<void> {
  await engine.execute("POST", `/containers/${pathPart(id)}/resize`, { query: { h: rows, w: columns }, signal });
}

export interface LogOptions extends WaitOptions {
  readonly follow?: boolean | undefined;
  /** Lines from the end. */
  readonly tail?: number | undefined;
  readonly since?: Date | undefined;
  readonly timestamps?: boolean | undefined;
  readonly tty?: boolean | undefined;
}

export async function containerLogs(
  engine: EngineClient,
  id: string,
  { follow, tail, since, timestamps, tty, signal }: LogOptions = {},
): Promise<OutputStreams> {
  const { body } = await engine.request("GET", `/containers/${pathPart(id)}/logs`, {
    query: { stdout: true, stderr: true, follow, tail, timestamps, since: since && since.getTime() / 1000 },
    signal,
  });
  return tty ? terminalStreams(body) : demultiplex(body);
}
