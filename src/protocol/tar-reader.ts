/**
 * A streaming reader of tar archives: ustar, GNU (long names, base-256 numbers) and PAX with extended attributes. Pure: runs
 * on Node and on QuickJS. Sources: POSIX.1-2017 `pax`, the GNU tar manual's "Basic Tar Format".
 */

import { readRecords, readText, TarError } from "./tar-records.ts";

export type TarType = "file" | "link" | "symlink" | "character" | "block" | "directory" | "fifo";

export interface TarEntry {
  /** As it stands in the archive, without a trailing slash. */
  readonly name: string;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970, and nanoseconds. */
  readonly mtime: number;
  readonly nanoseconds: number;
  /** Of links. */
  readonly linkName: string;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

export interface TarHandler {
  onEntry(entry: TarEntry): void;
  /** Content of the entry before; a view that is valid during the call only. */
  onData(part: Uint8Array): void;
  /** After the last content of each entry, also of one without any. */
  onEntryEnd(): void;
}

const BLOCK = 512;
/** Long names and PAX records; the kernel's own limit for an extended attribute is 64 KiB. */
const MAX_METADATA = 1 << 24;
const decoder = new TextDecoder();
const XATTR_PREFIX = "SCHILY.xattr.";

const types: Readonly<Record<string, TarType>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "link",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};

type Records = ReadonlyMap<string, Uint8Array>;

const none: Records = new Map();

interface Metadata {
  readonly flag: string;
  readonly content: Uint8Array;
  filled: number;
}

/** Takes the bytes as they come. Throws TarError, and what the handler throws; it is of no use after that. */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #header = new Uint8Array(BLOCK);
  readonly #words = new Uint32Array(this.#header.buffer);
  #filled = 0;
  #metadata: Metadata | undefined;
  /** Bytes of content, and then of padding, that are to come. */
  #content = 0;
  #padding = 0;
  #inEntry: string | undefined;
  #ended = false;
  #globals: Records = none;
  #records: Records = none;
  #longName: string | undefined;
  #longLink: string | undefined;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      if (this.#content > 0) at = this.#readContent(chunk, at);
      else if (this.#padding > 0) at = this.#skipPadding(chunk, at);
      else at = this.#readHeader(chunk, at);
    }
  }

  /** No more comes: throws when the archive stops in the middle of an entry. */
  finish(): void {
    if (this.#content > 0 || this.#padding > 0 || (this.#filled > 0 && !this.#ended))
      throw new TarError(`the archive ends in the middle of ${this.#inEntry ?? "a header"}`);
  }

  #readContent(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + this.#content);
    this.#content -= part.length;
    if (this.#metadata) {
      this.#metadata.content.set(part, this.#metadata.filled);
      this.#metadata.filled += part.length;
    } else {
      this.#handler.onData(part);
    }
    if (this.#content === 0) this.#endContent();
    return at + part.length;
  }

  #skipPadding(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#padding, chunk.length - at);
    this.#padding -= count;
    return at + count;
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + BLOCK - this.#filled);
    this.#header.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === BLOCK) {
      this.#filled = 0;
      this.#takeHeader();
    }
    return at + part.length;
  }

  #takeHeader(): void {
    const header = this.#header;
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      // A second one should follow, and then anything may.
      this.#ended = true;
      return;
    }
    if (sumOf(this.#words, header) !== readNumber(header, 148, 8))
      throw new TarError("no tar archive, or a damaged one: wrong checksum");
    const flag = String.fromCharCode(header[156]!);
    if (flag === "x" || flag === "g" || flag === "L" || flag === "K") {
      const size = readNumber(header, 124, 12);
      if (size > MAX_METADATA) throw new TarError(`a header of ${size} bytes`);
      this.#metadata = { flag, content: new Uint8Array(size), filled: 0 };
      this.#startContent(size);
    } else {
      const entry = this.#readEntry(header, flag);
      if (this.#records.size > 0) this.#records = none;
      this.#longName = undefined;
      this.#longLink = undefined;
      this.#inEntry = entry.name;
      this.#handler.onEntry(entry);
      this.#startContent(entry.size);
    }
  }

  #startContent(size: number): void {
    this.#content = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (size === 0) this.#endContent();
  }

  #endContent(): void {
    const metadata = this.#metadata;
    if (metadata === undefined) {
      this.#inEntry = undefined;
      this.#handler.onEntryEnd();
      return;
    }
    this.#metadata = undefined;
    const { flag, content } = metadata;
    if (flag === "L") this.#longName = readText(content, 0, content.length);
    else if (flag === "K") this.#longLink = readText(content, 0, content.length);
    else if (flag === "g") this.#globals = new Map([...this.#globals, ...readRecords(content)]);
    else this.#records = readRecords(content);
  }

  #readEntry(header: Uint8Array, flag: string): TarEntry {
    const records = this.#globals.size === 0 ? this.#records : new Map([...this.#globals, ...this.#records]);
    const name = textOf(records, "path") ?? this.#longName ?? readName(header);
    const type = types[flag];
    if (type === undefined || isSparse(records))
      throw new TarError(`${name}: entries of type ${type ? "sparse" : JSON.stringify(flag)} are not supported`);
    // Before ustar a folder was a file with a slash behind its name.
    const endsInSlash = name.endsWith("/");
    const isFolder = type === "directory" || (type === "file" && endsInSlash);
    const isDevice = type === "character" || type === "block";
    const isLink = type === "link" || type === "symlink";
    return {
      name: endsInSlash ? name.replace(/\/+$/, "") || "/" : name,
      type: isFolder ? "directory" : type,
      mode: readNumber(header, 100, 8) & 0o7777,
      uid: numberOf(records, "uid") ?? readNumber(header, 108, 8),
      gid: numberOf(records, "gid") ?? readNumber(header, 116, 8),
      // Whatever the others say, no content follows them.
      size: type === "file" && !isFolder ? (numberOf(records, "size") ?? readNumber(header, 124, 12)) : 0,
      ...(timeOf(records) ?? { mtime: readNumber(header, 136, 12), nanoseconds: 0 }),
      linkName: isLink ? (textOf(records, "linkpath") ?? this.#longLink ?? readText(header, 157, 100)) : "",
      major: isDevice ? readNumber(header, 329, 8) : 0,
      minor: isDevice ? readNumber(header, 337, 8) : 0,
      xattrs: xattrsOf(records),
    };
  }
}

function textOf(records: Records, key: string): string | undefined {
  const value = records.get(key);
  // An empty one takes a global record back.
  return value === undefined || value.length === 0 ? undefined : decoder.decode(value);
}

function numberOf(records: Records, key: string): number | undefined {
  const value = textOf(records, key);
  if (value !== undefined && !/^-?[0-9]+$/.test(value)) throw new TarError(`${key} is no number: ${value}`);
  return value === undefined ? undefined : Number(value);
}

function timeOf(records: Records): { mtime: number; nanoseconds: number } | undefined {
  const value = textOf(records, "mtime");
  if (value === undefined) return undefined;
  const match = /^(-?)([0-9]+)(?:\.([0-9]*))?$/.exec(value);
  if (!match) throw new TarError(`mtime is no time: ${value}`);
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { mtime: seconds, nanoseconds };
  return nanoseconds === 0 ? { mtime: -seconds, nanoseconds } : { mtime: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

function isSparse(records: Records): boolean {
  for (const key of records.keys()) if (key.startsWith("GNU.sparse.")) return true;
  return false;
}

function xattrsOf(records: Records): ReadonlyMap<string, Uint8Array> {
  if (records.size === 0) return none;
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of records) {
    if (key.startsWith(XATTR_PREFIX)) xattrs.set(key.slice(XATTR_PREFIX.length), value);
  }
  return xattrs;
}

/** Of all bytes, the checksum's own taken for blanks. In words, since QuickJS takes its time for each step. */
function sumOf(words: Uint32Array, header: Uint8Array): number {
  let pairs = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    pairs += (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff);
  }
  let sum = (pairs & 0xffff) + (pairs >>> 16) + 8 * 0x20;
  for (let i = 148; i < 156; i++) sum -= header[i]!;
  return sum;
}

function readName(header: Uint8Array): string {
  const name = readText(header, 0, 100);
  // GNU's own format has other fields where ustar has the prefix; its magic goes on with a blank, ustar's with a NUL.
  const prefix = header[257] === 0x75 && header[262] === 0 ? readText(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Octal digits, or GNU's base-256 for what these cannot hold. */
function readNumber(bytes: Uint8Array, at: number, length: number): number {
  if (bytes[at]! & 0x80) {
    // Two's complement of what follows the marking bit.
    let value = (bytes[at]! & 0x3f) - (bytes[at]! & 0x40);
    for (let i = at + 1; i < at + length; i++) value = value * 256 + bytes[i]!;
    return value;
  }
  let value = 0;
  for (let i = at; i < at + length; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit >= 0 && digit < 8) value = value * 8 + digit;
    else if (bytes[i] !== 0 && bytes[i] !== 0x20) throw new TarError("no tar archive, or a damaged one: not a number");
    else if (value > 0) break;
  }
  return value;
}
