import type { FileType } from "../../protocol/messages.ts";

/** Tar is made of blocks of this many bytes. */
export const BLOCK = 512;

/** What a tar archive says of one path. */
export interface TarEntry {
  readonly name: string;
  readonly type: FileType;
  /** Permission bits with set-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content that follow: 0 for all but regular files. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
  /** Of a symbolic link. */
  readonly target: string | undefined;
  /** Name of an earlier entry that is the same file. */
  readonly hardLink: string | undefined;
  readonly device: { readonly major: number; readonly minor: number } | undefined;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/** Fields of the POSIX ustar header: offset and length. */
export const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 8],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const;

export type FieldName = keyof typeof fields;

/** The sum of a header's bytes, its checksum field counted as spaces. */
export function headerChecksum(header: Uint8Array): number {
  const [start, length] = fields.checksum;
  let sum = 32 * length;
  for (let index = 0; index < BLOCK; index++) if (index < start || index >= start + length) sum += header[index]!;
  return sum;
}

/** Name of the pax record that holds an extended attribute, as GNU tar and Docker write it. */
export const XATTR_RECORD = "SCHILY.xattr.";

export function paddingAfter(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** A number field: octal text, or big-endian binary with the highest bit set, as GNU tar writes what does not fit. */
export function tarNumber(bytes: Buffer): number {
  if ((bytes[0]! & 0x80) === 0) return Number.parseInt(bytes.toString("latin1").replace(/^[ \0]+/, ""), 8) || 0;
  const negative = (bytes[0]! & 0x40) !== 0;
  let value = BigInt(bytes[0]! & 0x3f) - (negative ? 0x40n : 0n);
  for (const byte of bytes.subarray(1)) value = value * 256n + BigInt(byte);
  return Number(value);
}
