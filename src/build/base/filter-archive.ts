import type { Readable } from "node:stream";
import { type ByteReader, readBytes } from "./byte-reader.ts";

export interface ArchiveFilter {
  /** `path` without `./` and without a slash at the end of a folder's. */
  keeps(path: string): boolean;
  /** Called with the content of each file that `captures` names. */
  readonly captures: ReadonlySet<string>;
  onCaptured(path: string, content: string): void;
}

const block = 512;

/**
 * The entries of a tar archive that the filter keeps, byte for byte as they came (tar-stream would garble binary extended attributes),
 * without the end of the archive. GNU's and POSIX's long names are understood.
 */
export async function* filterArchive(archive: Readable, filter: ArchiveFilter): AsyncGenerator<Buffer, void> {
  const reader = readBytes(archive);
  const dropped = new Set<string>();
  while (true) {
    const entry = await readEntry(reader);
    if (entry === undefined) break;
    const kept = entry.path === "" || filter.keeps(entry.path);
    if (!kept) dropped.add(entry.path);
    else if (entry.linkTarget !== undefined && dropped.has(entry.linkTarget)) {
      throw new Error(`${entry.path} is a hard link to ${entry.linkTarget}, which is left out`);
    }
    if (kept) yield* entry.headers;
    const captured: Buffer[] | undefined = filter.captures.has(entry.path) ? [] : undefined;
    for await (const piece of reader.pieces(padded(entry.size))) {
      captured?.push(piece);
      if (kept) yield piece;
    }
    if (captured !== undefined)
      filter.onCaptured(entry.path, Buffer.concat(captured).subarray(0, entry.size).toString());
  }
  // What may follow the end is padding; the program that writes it must not meet a closed pipe.
  await reader.drain();
}

interface Entry {
  readonly path: string;
  /** Of a hard link. */
  readonly linkTarget: string | undefined;
  readonly size: number;
  /** Its own header and those that extend it, as they came. */
  readonly headers: readonly Buffer[];
}

/** Undefined at the archive's end: a block of zeros, or nothing. */
async function readEntry(reader: ByteReader): Promise<Entry | undefined> {
  const headers: Buffer[] = [];
  let longPath: string | undefined;
  let longTarget: string | undefined;
  let longSize: number | undefined;
  while (true) {
    const header = await reader.read(block);
    if (header === undefined || header.every((byte) => byte === 0)) return undefined;
    headers.push(header);
    const type = String.fromCharCode(header[156]!);
    const size = readNumber(header.subarray(124, 136));
    if (!"xgLK".includes(type)) {
      const isLink = type === "1";
      return {
        path: cleanPath(longPath ?? headerPath(header)),
        linkTarget: isLink ? cleanPath(longTarget ?? readText(header.subarray(157, 257))) : undefined,
        // Links, devices and folders have no content, whatever the header says.
        size: "123456".includes(type) ? 0 : (longSize ?? size),
        headers,
      };
    }
    const body = await reader.read(padded(size));
    if (body === undefined) throw new Error("the archive ends within an entry");
    headers.push(body);
    const content = body.subarray(0, size);
    if (type === "L") longPath = readText(content);
    if (type === "K") longTarget = readText(content);
    if (type === "x") {
      const records = readRecords(content);
      longPath = records.get("path") ?? longPath;
      longTarget = records.get("linkpath") ?? longTarget;
      longSize = records.has("size") ? Number(records.get("size")) : longSize;
    }
  }
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}

function headerPath(header: Buffer): string {
  const name = readText(header.subarray(0, 100));
  const isPosix = header.subarray(257, 263).toString("latin1") === "ustar\0";
  const prefix = isPosix ? readText(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function cleanPath(path: string): string {
  return path
    .replace(/^(\.?\/)+/, "")
    .replace(/\/+$/, "")
    .replace(/^\.$/, "");
}

function readText(field: Buffer): string {
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? field.length : end).toString();
}

/** Octal digits, or GNU's base-256 for what does not fit. */
function readNumber(field: Buffer): number {
  if ((field[0]! & 0x80) === 0) return Number.parseInt(readText(field).trim() || "0", 8);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
}

/** POSIX records: `LENGTH KEY=VALUE\n`, the length in bytes and of the whole record. */
function readRecords(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let start = 0; start < content.length; ) {
    const space = content.indexOf(0x20, start);
    const length = Number.parseInt(content.subarray(start, space).toString(), 10);
    if (space < 0 || !(length > 0)) break;
    const record = content.subarray(space + 1, start + length - 1);
    const equals = record.indexOf(0x3d);
    records.set(record.subarray(0, equals).toString(), record.subarray(equals + 1).toString());
    start += length;
  }
  return records;
}
