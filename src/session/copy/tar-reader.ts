import { SlipwayError } from "../../errors.ts";
import type { FileType } from "../../protocol/messages.ts";
import { readRecords, TarError } from "../../protocol/tar-records.ts";
import { ByteReader } from "./byte-reader.ts";
import {
  BLOCK,
  type FieldName,
  fields,
  headerChecksum,
  paddingAfter,
  type TarEntry,
  tarNumber,
  XATTR_RECORD,
} from "./tar-format.ts";
import { expandSparse, readSparseMap } from "./tar-sparse.ts";

export interface ReadMember extends TarEntry {
  /** To be read before the next member is asked for, and at most once; what is not read is skipped. */
  content(): AsyncIterable<Uint8Array>;
}

type PaxRecords = ReadonlyMap<string, Buffer>;

/**
 * The members of a tar archive in the formats that GNU tar, bsdtar and Docker write: v7, ustar, GNU (long names, sparse
 * files) and pax. Error TAR_INVALID when it is none, or ends early.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadMember> {
  const reader = new ByteReader(source);
  let global: PaxRecords = new Map();
  let records: PaxRecords = global;
  try {
    while (true) {
      const header = await reader.read(BLOCK);
      if (header.length === 0 || header.every((byte) => byte === 0)) return;
      if (!isTarHeader(header)) throw invalid("a header is damaged");
      const type = text(header, "type");
      const size = number(header, "size");
      if (type === "x" || type === "g") {
        const parsed = parsePax(await readBody(reader, size));
        if (type === "g") global = new Map([...global, ...parsed]);
        records = new Map([...global, ...(type === "g" ? records : parsed)]);
        continue;
      }
      if (type === "L" || type === "K") {
        const value = await readBody(reader, size);
        records = new Map([...records, [type === "L" ? "path" : "linkpath", value.subarray(0, endOfText(value))]]);
        continue;
      }
      yield* readMember(reader, header, records);
      records = global;
    }
  } finally {
    await reader.close();
  }
}

/** Whether a block is the header of a tar member, by its checksum. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length !== BLOCK) return false;
  const [start, length] = fields.checksum;
  const stored = Buffer.from(block.subarray(start, start + length)).toString("latin1");
  return /^ *[0-7]+[\0 ]*$/.test(stored) && Number.parseInt(stored, 8) === headerChecksum(block);
}

async function* readMember(reader: ByteReader, header: Buffer, records: PaxRecords): AsyncGenerator<ReadMember> {
  const type = memberType(header);
  const stored = headerOnly.has(text(header, "type")) ? 0 : Number(records.get("size") ?? number(header, "size"));
  const sparse = type === "file" ? await readSparseMap(reader, header, records) : undefined;
  // The map of a sparse pax file is part of what the header counts as its content.
  let left = stored - (sparse?.mapLength ?? 0);
  async function* readStored(): AsyncGenerator<Uint8Array> {
    for await (const part of reader.take(left)) {
      left -= part.length;
      yield part;
    }
    if (left > 0) throw invalid("it ends within a file");
  }
  const content = () => (sparse === undefined ? readStored() : expandSparse(sparse, readStored()));
  if (type !== undefined) yield { ...describeMember(header, records, type, sparse?.size ?? stored), content };
  for await (const _ of reader.take(left + paddingAfter(stored)));
}

/** Types that have no content, whatever their size field says. */
const headerOnly: ReadonlySet<string> = new Set(["1", "2", "3", "4", "5", "6"]);

const types: Readonly<Record<string, FileType>> = {
  "\0": "file",
  "": "file",
  "0": "file",
  "1": "file",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
  "7": "file",
  S: "file",
};

/** Undefined for members that are no files: volume labels and the like. */
function memberType(header: Buffer): FileType | undefined {
  const type = types[text(header, "type")];
  // Before ustar, a folder was a file whose name ended in a slash.
  return type === "file" && text(header, "name").endsWith("/") ? "directory" : type;
}

function describeMember(header: Buffer, records: PaxRecords, type: FileType, size: number): TarEntry {
  const prefix = text(header, "magic") === "ustar" ? text(header, "prefix") : "";
  const name = text(header, "name");
  const link = records.get("linkpath")?.toString() ?? text(header, "link");
  const isHardLink = text(header, "type") === "1";
  const isDevice = type === "character" || type === "block";
  return {
    name:
      (records.get("GNU.sparse.name") ?? records.get("path"))?.toString() ??
      (prefix === "" ? name : `${prefix}/${name}`),
    type,
    mode: number(header, "mode") & 0o7777,
    uid: Number(records.get("uid") ?? number(header, "uid")),
    gid: Number(records.get("gid") ?? number(header, "gid")),
    size: isHardLink || type !== "file" ? 0 : size,
    modified: records.has("mtime") ? parseTime(String(records.get("mtime"))) : secondsToTime(number(header, "mtime")),
    target: type === "symlink" ? link : undefined,
    hardLink: isHardLink ? link : undefined,
    device: isDevice ? { major: number(header, "major"), minor: number(header, "minor") } : undefined,
    xattrs: new Map(
      [...records]
        .filter(([key]) => key.startsWith(XATTR_RECORD))
        .map(([key, value]) => [key.slice(XATTR_RECORD.length), value]),
    ),
  };
}

async function readBody(reader: ByteReader, size: number): Promise<Buffer> {
  if (size > MAX_RECORDS) throw invalid("its names and attributes are too long");
  const body = await reader.read(size + paddingAfter(size));
  if (body.length < size) throw invalid("it ends within a header");
  return body.subarray(0, size);
}

/** Bytes: more than the 64 KiB of attributes that Linux allows, and far from filling the memory. */
const MAX_RECORDS = 1024 * 1024;

function parsePax(body: Buffer): PaxRecords {
  try {
    const records = [...readRecords(body)];
    return new Map(
      records.map(([key, { buffer, byteOffset, length }]) => [key, Buffer.from(buffer, byteOffset, length)]),
    );
  } catch (error) {
    throw error instanceof TarError ? invalid(error.message) : error;
  }
}

function text(header: Buffer, field: FieldName): string {
  const [start, length] = fields[field];
  const bytes = header.subarray(start, start + length);
  return bytes.toString("utf8", 0, endOfText(bytes));
}

function endOfText(bytes: Buffer): number {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes.length : end;
}

function number(header: Buffer, field: FieldName): number {
  const [start, length] = fields[field];
  return tarNumber(header.subarray(start, start + length));
}

function secondsToTime(seconds: number): bigint {
  return BigInt(Math.trunc(seconds)) * 1_000_000_000n;
}

/** `SECONDS[.FRACTION]`, negative before 1970. */
function parseTime(value: string): bigint {
  const [, sign, seconds, fraction] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(value) ?? [];
  if (seconds === undefined) throw invalid(`${value} is no time`);
  const time = BigInt(seconds) * 1_000_000_000n + BigInt((fraction ?? "").padEnd(9, "0").slice(0, 9));
  return sign === "-" ? -time : time;
}

function invalid(reason: string): SlipwayError {
  return new SlipwayError("TAR_INVALID", `the tar archive can't be read: ${reason}`, {
    hint: "check it with `tar --list`",
  });
}
