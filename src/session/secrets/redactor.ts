/** Bytes that must not be seen, and what stands in their place. */
export interface Pattern {
  /** Two bytes or more. */
  readonly bytes: Buffer;
  readonly mask: Buffer;
}

/** Bytes as they come, masked; what may be the beginning of a value waits for what follows it. */
export interface RedactedStream {
  push(data: Uint8Array): Buffer;
  /** What still waits: nothing follows any more. */
  end(): Buffer;
}

export interface Redactor {
  readonly isEmpty: boolean;
  text(text: string): string;
  stream(): RedactedStream;
}

/** Masks patterns in bytes; where several begin at one place, the longest. The cost does not grow with their number. */
export function createRedactor(patterns: readonly Pattern[]): Redactor {
  const byStart = new Map<number, Pattern[]>();
  const firstBytes = new Uint8Array(256);
  const starts = new Uint8Array(65536);
  for (const pattern of [...patterns].sort((a, b) => b.bytes.length - a.bytes.length)) {
    const start = (pattern.bytes[0]! << 8) | pattern.bytes[1]!;
    byStart.set(start, [...(byStart.get(start) ?? []), pattern]);
    firstBytes[pattern.bytes[0]!] = 1;
    starts[start] = 1;
  }

  /** Masks what is whole; `rest` is where something begins that may become whole. */
  function scan(data: Buffer, isEnd: boolean): { readonly masked: Buffer; readonly rest: Buffer } {
    const pieces: Buffer[] = [];
    let copied = 0;
    let index = 0;
    while (index < data.length) {
      if (index === data.length - 1) {
        if (isEnd || firstBytes[data[index]!] === 0) index++;
        break;
      }
      const start = (data[index]! << 8) | data[index + 1]!;
      const found = starts[start] === 0 ? undefined : findAt(data, index, byStart.get(start)!, isEnd);
      if (found === "unfinished") break;
      if (found === undefined) index++;
      else {
        pieces.push(data.subarray(copied, index), found.mask);
        index += found.bytes.length;
        copied = index;
      }
    }
    if (pieces.length === 0) return { masked: data.subarray(0, index), rest: data.subarray(index) };
    return { masked: Buffer.concat([...pieces, data.subarray(copied, index)]), rest: data.subarray(index) };
  }

  return {
    isEmpty: patterns.length === 0,
    text: (text) => (patterns.length === 0 ? text : scan(Buffer.from(text), true).masked.toString()),
    stream() {
      let waiting: Buffer = Buffer.alloc(0);
      return {
        push(data) {
          const { masked, rest } = scan(
            waiting.length === 0 ? Buffer.from(data) : Buffer.concat([waiting, data]),
            false,
          );
          waiting = Buffer.from(rest);
          return masked;
        },
        end() {
          const { masked } = scan(waiting, true);
          waiting = Buffer.alloc(0);
          return masked;
        },
      };
    },
  };
}

/** The longest pattern at this place; "unfinished" when the data ends before that can be told. */
function findAt(
  data: Buffer,
  index: number,
  candidates: readonly Pattern[],
  isEnd: boolean,
): Pattern | "unfinished" | undefined {
  for (const pattern of candidates) {
    const { bytes } = pattern;
    const available = Math.min(bytes.length, data.length - index);
    if (bytes.compare(data, index, index + available, 0, available) !== 0) continue;
    if (available === bytes.length) return pattern;
    if (!isEnd) return "unfinished";
  }
  return undefined;
}
