import { PassThrough, type Readable, Writable } from "node:stream";

export interface OutputStreams {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Takes apart a container's output where it has no TTY: each frame is one byte for the stream (1 stdout, 2 stderr),
 * three of zero, four for the length (big endian), then the data (Engine API, ContainerAttach). A reader that stops
 * reading either stream stops both: the engine has one connection for them.
 */
export function demultiplex(raw: Readable): OutputStreams {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const sink = new FrameReader(stdout, stderr);
  // Who reads one stream only must not fall over the other's error.
  for (const stream of [stdout, stderr]) stream.on("error", () => {});
  raw.once("error", (error) => sink.destroy(error));
  sink.once("error", (error) => {
    raw.destroy();
    stdout.destroy(error);
    stderr.destroy(error);
  });
  sink.once("finish", () => {
    stdout.end();
    stderr.end();
  });
  raw.once("close", () => sink.end());
  raw.pipe(sink);
  return { stdout, stderr };
}

class FrameReader extends Writable {
  readonly #targets: readonly (PassThrough | undefined)[];
  /** Bytes of a header that a chunk's end cut off. */
  #header: Buffer = Buffer.alloc(0);
  #target: PassThrough | undefined;
  /** Bytes of the current frame that are still to come. */
  #missing = 0;

  constructor(stdout: PassThrough, stderr: PassThrough) {
    super();
    this.#targets = [undefined, stdout, stderr];
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const full = new Set<PassThrough>();
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#missing === 0) {
        const header = Buffer.concat([this.#header, rest.subarray(0, 8 - this.#header.length)]);
        rest = rest.subarray(8 - this.#header.length);
        if (header.length < 8) {
          this.#header = header;
          break;
        }
        this.#header = Buffer.alloc(0);
        this.#target = this.#targets[header[0]!];
        this.#missing = header.readUInt32BE(4);
        if (header[0]! > 3 || header.readUIntBE(1, 3) !== 0) {
          done(new Error("the container's output is not framed: it was created with a TTY"));
          return;
        }
        continue;
      }
      const data = rest.subarray(0, this.#missing);
      rest = rest.subarray(data.length);
      this.#missing -= data.length;
      const target = this.#target;
      if (target !== undefined && !target.destroyed && !target.write(data)) full.add(target);
    }
    waitForDrain([...full], done);
  }
}

/** Calls `done` when every one of them takes data again, or is gone. */
function waitForDrain(targets: readonly PassThrough[], done: () => void): void {
  const [first, ...others] = targets;
  if (first === undefined) {
    done();
    return;
  }
  const next = () => {
    first.off("drain", next);
    first.off("close", next);
    waitForDrain(others, done);
  };
  if (first.destroyed || !first.writableNeedDrain) {
    waitForDrain(others, done);
    return;
  }
  first.on("drain", next);
  first.on("close", next);
}
