/** The pieces that every reader of tar archives shares. Pure: runs on Node and on QuickJS. */

/** Says what is wrong with the archive. */
export class TarError extends Error {
  override readonly name = "TarError";
}

const decoder = new TextDecoder();

/** Up to the first NUL. */
export function readText(bytes: Uint8Array, at: number, length: number): string {
  let end = at;
  while (end < at + length && bytes[end] !== 0) end++;
  return decoder.decode(bytes.subarray(at, end));
}

/** The records of a PAX header: `LENGTH KEY=VALUE\n`…, the length counting itself. Throws TarError. */
export function readRecords(content: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < content.length; ) {
    let blank = at;
    while (blank < content.length && content[blank] !== 0x20) blank++;
    const length = Number(readText(content, at, blank - at));
    const equals = content.indexOf(0x3d, blank);
    const end = at + length;
    if (!(length > 0) || end > content.length || equals < 0 || equals >= end)
      throw new TarError("a damaged extended header");
    records.set(readText(content, blank + 1, equals - blank - 1), content.slice(equals + 1, end - 1));
    at = end;
  }
  return records;
}
