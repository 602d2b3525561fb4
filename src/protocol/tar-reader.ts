/**
 * A streaming reader of tar archives: ustar, GNU (long names, base-256 numbers) and PAX with extended attributes. Pure: runs
 * on Node and on QuickJS. Sources: POSIX.1-2017 `pax`, the GNU tar manual's "Basic Tar Format".
 */

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

export class TarError extends Error {
  override readonly name = "TarError";
}

const BLOCK = 512;
/** Long names and PAX records; the kernel's own limit for an extended attribute is 64 KiB. */
const MAX_METADATA = 1 << 24;
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

interface Metadata {
  readonly flag: string;
  readonly content: Uint8Array;
  filled: number;
}

/** Takes the bytes as they come. Throws TarError, and what the handler throws; it is of no use after that. */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #header = new Uint8Array(BLOCK);
  #filled = 0;
  #metadata: Metadata | undefined;
  /** Bytes of content, and then of padding, that are to come. */
  #content = 0;
  #padding = 0;
  #inEntry: string | undefined;
  #ended = false;
  #globals: Records = new Map();
  #records: Records = new Map();
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
    if (this.#filled === 0 && chunk.length - at >= BLOCK) {
      this.#takeHeader(chunk.subarray(at, at + BLOCK));
      return at + BLOCK;
    }
    const part = chunk.subarray(at, at + BLOCK - this.#filled);
    this.#header.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === BLOCK) {
      this.#filled = 0;
      this.#takeHeader(this.#header);
    }
    return at + part.length;
  }

  #takeHeader(header: Uint8Array): void {
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      // A second one should follow, and then anything may.
      this.#ended = true;
      return;
    }
    checkSum(header);
    const flag = String.fromCharCode(header[156]!);
    const size = readNumber(header, 124, 12);
    if ("xgLK".includes(flag)) {
      if (size > MAX_METADATA) throw new TarError(`a header of ${size} bytes`);
      this.#metadata = { flag, content: new Uint8Array(size), filled: 0 };
      this.#startContent(size);
    } else {
      const entry = this.#readEntry(header, flag);
      this.#records = new Map();
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
    const text = (key: string) => {
      const value = records.get(key);
      // An empty one takes a global record back.
      return value === undefined || value.length === 0 ? undefined : new TextDecoder().decode(value);
    };
    const number = (key: string, at: number, length: number) => {
      const value = text(key);
      if (value === undefined) return readNumber(header, at, length);
      if (!/^-?[0-9]+$/.test(value)) throw new TarError(`${key} is no number: ${value}`);
      return Number(value);
    };
    const named = text("path") ?? this.#longName ?? readName(header);
    const type = types[flag];
    if (type === undefined || [...records.keys()].some((key) => key.startsWith("GNU.sparse.")))
      throw new TarError(`${named}: entries of type ${type ? "sparse" : JSON.stringify(flag)} are not supported`);
    // Before ustar a folder was a file with a slash behind its name.
    const isFolder = type === "directory" || (type === "file" && named.endsWith("/"));
    const time = readTime(text("mtime"), () => readNumber(header, 136, 12));
    return {
      name: named.length > 1 ? named.replace(/\/+$/, "") || "/" : named,
      type: isFolder ? "directory" : type,
      mode: readNumber(header, 100, 8) & 0o7777,
      uid: number("uid", 108, 8),
      gid: number("gid", 116, 8),
      // Whatever the others say, no content follows them.
      size: type === "file" && !isFolder ? number("size", 124, 12) : 0,
      ...time,
      linkName: text("linkpath") ?? this.#longLink ?? readText(header, 157, 100),
      major: type === "character" || type === "block" ? readNumber(header, 329, 8) : 0,
      minor: type === "character" || type === "block" ? readNumber(header, 337, 8) : 0,
      xattrs: xattrsOf(records),
    };
  }
}

function xattrsOf(records: Records): ReadonlyMap<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of records) {
    if (key.startsWith(XATTR_PREFIX)) xattrs.set(key.slice(XATTR_PREFIX.length), value);
  }
  return xattrs;
}

function checkSum(header: Uint8Array): void {
  let sum = 8 * 0x20;
  for (let i = 0; i < 148; i++) sum += header[i]!;
  for (let i = 156; i < BLOCK; i++) sum += header[i]!;
  if (sum !== readNumber(header, 148, 8)) throw new TarError("no tar archive, or a damaged one: wrong checksum");
}

/** Up to the first NUL. */
function readText(bytes: Uint8Array, at: number, length: number): string {
  let end = at;
  while (end < at + length && bytes[end] !== 0) end++;
  return new TextDecoder().decode(bytes.subarray(at, end));
}

function readName(header: Uint8Array): string {
  const name = readText(header, 0, 100);
  // GNU's own format has other fields where ustar has the prefix; its magic goes on with a blank.
  const isUstar = readText(header, 257, 6) === "ustar";
  const prefix = isUstar ? readText(header, 345, 155) : "";
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

function readTime(pax: string | undefined, fromHeader: () => number): { mtime: number; nanoseconds: number } {
  const match = /^(-?)([0-9]+)(?:\.([0-9]*))?$/.exec(pax ?? "");
  if (!match) {
    if (pax !== undefined) throw new TarError(`mtime is no time: ${pax}`);
    return { mtime: fromHeader(), nanoseconds: 0 };
  }
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { mtime: seconds, nanoseconds };
  return nanoseconds === 0 ? { mtime: -seconds, nanoseconds } : { mtime: -seconds - 1, nanoseconds: 1e9 - nanoseconds };
}

/** `LENGTH KEY=VALUE\n`…, the length counting itself. */
function readRecords(content: Uint8Array): Map<string, Uint8Array> {
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
