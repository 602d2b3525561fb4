import { NEWLINE, type Sink, type Source } from "./sink.ts";

/** What stands before and after each line. */
export interface Decoration {
  prefix(source: Source): string;
  readonly suffix: string;
  readonly skipsEmptyLines: boolean;
}

/** Shared by all: it is handed on before anything else is decorated. */
const scratch = new Uint8Array(1 << 16);

/** Puts something before and after each line and ends each with a newline. */
export class DecoratedSink implements Sink {
  readonly #sink: Sink;
  readonly #decoration: Decoration;
  readonly #end: Uint8Array;

  constructor(sink: Sink, decoration: Decoration) {
    this.#sink = sink;
    this.#decoration = decoration;
    this.#end = new TextEncoder().encode(`${decoration.suffix}\n`);
  }

  get hasRoom(): boolean {
    return this.#sink.hasRoom;
  }

  write(lines: Uint8Array, source: Source): void {
    const prefix = new TextEncoder().encode(this.#decoration.prefix(source));
    let filled = 0;
    const put = (bytes: Uint8Array) => {
      if (filled + bytes.length > scratch.length) {
        this.#sink.write(scratch.subarray(0, filled), source);
        filled = 0;
      }
      if (bytes.length > scratch.length) this.#sink.write(bytes, source);
      else {
        scratch.set(bytes, filled);
        filled += bytes.length;
      }
    };
    for (let at = 0; at < lines.length; ) {
      const newline = lines.indexOf(NEWLINE, at);
      const end = newline === -1 ? lines.length : newline;
      if (end > at || !this.#decoration.skipsEmptyLines) {
        put(prefix);
        put(lines.subarray(at, end));
        put(this.#end);
      }
      at = end + 1;
    }
    if (filled > 0) this.#sink.write(scratch.subarray(0, filled), source);
  }

  reopen(): void {
    this.#sink.reopen();
  }

  close(): void {
    this.#sink.close();
  }
}
