import { decorateLines, encode } from "native";
import { InitError } from "../../system/errors.ts";
import type { Sink, Source } from "./sink.ts";

/** What stands before and after each line. */
export interface Decoration {
  prefix(source: Source): string;
  readonly suffix: string;
  readonly skipsEmptyLines: boolean;
}

/** Shared by all: it is handed on before anything else is decorated. Longer than any line that a redirection hands over. */
const scratch = new Uint8Array(1 << 17);

/** Puts something before and after each line and ends each with a newline. */
export class DecoratedSink implements Sink {
  readonly #sink: Sink;
  readonly #decoration: Decoration;
  readonly #end: ArrayBuffer;

  constructor(sink: Sink, decoration: Decoration) {
    this.#sink = sink;
    this.#decoration = decoration;
    this.#end = encode(`${decoration.suffix}\n`);
  }

  get hasRoom(): boolean {
    return this.#sink.hasRoom;
  }

  write(lines: Uint8Array, source: Source): void {
    const prefix = encode(this.#decoration.prefix(source));
    const { skipsEmptyLines } = this.#decoration;
    const end = lines.byteOffset + lines.length;
    for (let at = lines.byteOffset; at < end; ) {
      const rest = end - at;
      const [taken, written] = decorateLines(
        lines.buffer,
        at,
        rest,
        prefix,
        this.#end,
        skipsEmptyLines,
        scratch.buffer,
      );
      if (taken === 0) throw new InitError("long-prefix", "a time format that is longer than a line may be");
      if (written > 0) this.#sink.write(scratch.subarray(0, written), source);
      at += taken;
    }
  }

  reopen(): void {
    this.#sink.reopen();
  }

  close(): void {
    this.#sink.close();
  }
}
