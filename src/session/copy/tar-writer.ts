import { CHUNK_LENGTH } from "../../build/context/read-file.ts";
import type { FileType } from "../../protocol/messages.ts";
import {
  BLOCK,
  type FieldName,
  fields,
  headerChecksum,
  paddingAfter,
  type TarEntry,
  XATTR_RECORD,
} from "./tar-format.ts";

export interface TarMember {
  readonly entry: TarEntry;
  /** Gives exactly `entry.size` bytes, as views of `into` where it can; undefined when there are none. */
  readonly content: ((into: Buffer) => AsyncIterable<Uint8Array>) | undefined;
}

const typeFlags: Readonly<Record<FileType, string>> = {
  file: "0",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
  socket: "0",
};

/**
 * A tar archive in pax format as a stream of chunks, each valid until the next is asked for: an archive of any size takes two
 * buffers. Unlike tar-stream it keeps extended attributes that are not text, and fractions of a second.
 */
export async function* writeTar(members: AsyncIterable<TarMember>): AsyncGenerator<Uint8Array> {
  const gathered = Buffer.allocUnsafeSlow(CHUNK_LENGTH);
  let length = 0;
  for await (const part of writeParts(members)) {
    if (length > 0 && length + part.length > CHUNK_LENGTH) {
      yield gathered.subarray(0, length);
      length = 0;
    }
    if (part.length >= CHUNK_LENGTH) {
      yield part;
      continue;
    }
    // Small files would cost a message for each of their parts.
    gathered.set(part, length);
    length += part.length;
  }
  yield gathered.subarray(0, length);
}

async function* writeParts(members: AsyncIterable<TarMember>): AsyncGenerator<Uint8Array> {
  const into = Buffer.allocUnsafeSlow(CHUNK_LENGTH);
  for await (const { entry, content } of members) {
    yield entryHeader(entry);
    if (entry.size === 0) continue;
    let written = 0;
    for await (const chunk of content?.(into) ?? []) {
      written += chunk.length;
      if (written > entry.size) break;
      yield chunk;
    }
    if (written !== entry.size) throw new Error(`${entry.name} has ${written} bytes instead of ${entry.size}`);
    yield zeros.subarray(0, paddingAfter(entry.size));
  }
  yield zeros;
}

const zeros = Buffer.alloc(2 * BLOCK);

/** The header block of an entry, after the pax records that it needs. */
function entryHeader(entry: TarEntry): Buffer {
  const link = entry.hardLink ?? entry.target;
  const type = entry.hardLink === undefined ? typeFlags[entry.type] : "1";
  const records: [string, string | Buffer][] = [];
  if (!fitsText(entry.name)) records.push(["path", entry.name]);
  if (link !== undefined && !fitsText(link)) records.push(["linkpath", link]);
  if (!fitsOctal(entry.uid, "uid")) records.push(["uid", String(entry.uid)]);
  if (!fitsOctal(entry.gid, "gid")) records.push(["gid", String(entry.gid)]);
  if (!fitsOctal(entry.size, "size")) records.push(["size", String(entry.size)]);
  const seconds = Number(entry.modified / 1_000_000_000n);
  if (entry.modified % 1_000_000_000n !== 0n || !fitsOctal(seconds, "mtime")) {
    records.push(["mtime", paxTime(entry.modified)]);
  }
  for (const [name, value] of entry.xattrs) records.push([XATTR_RECORD + name, value]);
  const header = headerBlock(type, {
    name: entry.name,
    link: link ?? "",
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.size,
    mtime: seconds,
    major: entry.device?.major ?? 0,
    minor: entry.device?.minor ?? 0,
  });
  if (records.length === 0) return header;
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const before = headerBlock("x", { name: "PaxHeader", mode: 0o644, size: body.length });
  return Buffer.concat([before, body, Buffer.alloc(paddingAfter(body.length)), header]);
}

function headerBlock(type: string, values: Partial<Record<FieldName, string | number>>): Buffer {
  const header = Buffer.alloc(BLOCK);
  for (const [field, value] of Object.entries(values)) {
    const [start, length] = fields[field as FieldName];
    if (typeof value === "string") header.write(value, start, length, "utf8");
    else if (fitsOctal(value, field as FieldName)) writeOctal(header, start, length, value);
    else writeOctal(header, start, length, 0);
  }
  header.write(type, fields.type[0], "latin1");
  header.write("ustar\x0000", fields.magic[0], "latin1");
  const [start] = fields.checksum;
  writeOctal(header, start, 7, headerChecksum(header));
  header[start + 7] = 32;
  return header;
}

function writeOctal(header: Buffer, start: number, length: number, value: number): void {
  header.write(value.toString(8).padStart(length - 1, "0"), start, "latin1");
}

function fitsOctal(value: number, field: FieldName): boolean {
  return value >= 0 && value < 8 ** (fields[field][1] - 1);
}

function fitsText(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

/** `SECONDS.NANOSECONDS`; before 1970 the fraction counts towards zero, as pax wants it. */
function paxTime(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? "-" : "";
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${sign}${absolute / 1_000_000_000n}.${String(absolute % 1_000_000_000n).padStart(9, "0")}`;
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
