import { PassThrough, type Readable, Writable } from "node:stream";

export interface OutputStreams {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Takes apart a container's output where it has no TTY: each frame is one byte for the stream (1 stdout, 2 stderr, 3 an
 * error of the engine), three of zero, four for the length (big endian), then the data (Engine API, ContainerAttach). A
 * reader that stops reading either stream stops both: the engine has one connection for them.
 */
export function demultiplex(raw: Readable): OutputStreams {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  // Who reads one stream only must not fall over the other's error.
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  const sink = new FrameReader(stdout, stderr);
  raw.once("error", (error) => sink.destroy(error));
  sink.once("error", (error) => {
    raw.destroy();
    stdout.destroy(error);
    stderr.destroy(error);
  });
  raw.once("close", () => sink.end());
  raw.pipe(sink);
  return { stdout, stderr };
}

class FrameReader extends Writable {
  readonly #stdout: PassThrough;
  readonly #stderr: PassThrough;
  /** Bytes of a header that a chunk's end cut off. */
  #header: Buffer = Buffer.alloc(0);
  #stream = 0;
  /** Bytes of the current frame that are still to come. */
  #missing = 0;
  #engineError = "";

  constructor(stdout: PassThrough, stderr: PassThrough) {
    super();
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const full = new Set<PassThrough>();
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#missing === 0) {
        const needed = 8 - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, needed)]);
        rest = rest.subarray(needed);
        if (this.#header.length === 8 && !this.#beginFrame()) {
          done(new Error("the container's output is not framed: it was created with a TTY"));
          return;
        }
        continue;
      }
      const data = rest.subarray(0, this.#missing);
      rest = rest.subarray(data.length);
      this.#missing -= data.length;
      if (this.#stream === 3) {
        this.#engineError += data.toString();
        continue;
      }
      const target = this.#stream === 2 ? this.#stderr : this.#stdout;
      if (!target.destroyed && !target.write(data)) full.add(target);
    }
    if (this.#engineError !== "" && this.#missing === 0) done(new Error(this.#engineError));
    else waitForDrain([...full], done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#missing > 0 || this.#header.length > 0) {
      done(new Error("the connection to the engine ended inside a frame"));
      return;
    }
    this.#stdout.end();
    this.#stderr.end();
    done();
  }

  /** False when these eight bytes are no header. */
  #beginFrame(): boolean {
    this.#stream = this.#header[0]!;
    this.#missing = this.#header.readUInt32BE(4);
    const isHeader = this.#stream <= 3 && this.#header.readUIntBE(1, 3) === 0;
    this.#header = Buffer.alloc(0);
    return isHeader;
  }
}

/** Calls `done` when every one of them takes data again, or is gone. */
function waitForDrain(targets: readonly PassThrough[], done: () => void): void {
  const [first, ...others] = targets;
  if (first === undefined) {
    done();
    return;
  }
  if (first.destroyed || !first.writableNeedDrain) {
    waitForDrain(others, done);
    return;
  }
  const next = () => {
    first.off("drain", next);
    first.off("close", next);
    waitForDrain(others, done);
  };
  first.on("drain", next);
  first.on("close", next);
}
