import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { execa } from "execa";
import { SlipwayError } from "../../errors.ts";
import { ByteReader } from "./byte-reader.ts";

export type Compression = "gzip" | "bzip2" | "xz" | "zstd";

/** First bytes of each format, as Docker recognises them. */
const signatures: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

const packages: Readonly<Record<Exclude<Compression, "gzip">, string>> = {
  bzip2: "bzip2",
  xz: "xz-utils",
  zstd: "zstd",
};

/** How a stream is compressed, by its first bytes; undefined: not at all. */
function detectCompression(start: Uint8Array): Compression | undefined {
  return signatures.find(([, signature]) => signature.every((byte, index) => start[index] === byte))?.[0];
}

/**
 * The content of a stream, decompressed when it is compressed. Of the formats only gzip is read by Slipway itself, the
 * others by the programs of their name. Error PROGRAM_MISSING when there is none.
 */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  understood: (compression: Compression) => boolean = () => true,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  const start = await reader.read(10);
  const compression = detectCompression(start);
  const whole = joinStart(start, reader);
  if (compression === undefined || !understood(compression)) yield* whole;
  else if (compression === "gzip") yield* gunzip(whole);
  else yield* filterThrough(compression, whole);
}

async function* joinStart(start: Uint8Array, reader: ByteReader): AsyncGenerator<Uint8Array> {
  try {
    yield start;
    yield* reader.remaining();
  } finally {
    await reader.close();
  }
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  const output = createGunzip();
  input.once("error", (error) => output.destroy(error));
  input.pipe(output);
  try {
    yield* output;
  } finally {
    input.destroy();
  }
}

async function* filterThrough(
  program: Exclude<Compression, "gzip">,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const subprocess = execa(program, ["-d", "-c", "-q"], {
    stdin: source as AsyncIterable<Uint8Array<ArrayBuffer>>,
    buffer: { stdout: false },
    encoding: "buffer",
    reject: false,
  });
  let ended = false;
  try {
    yield* subprocess.stdout;
    ended = true;
    const result = await subprocess;
    if (result.failed) throw filterError(program, result);
  } finally {
    if (!ended) subprocess.kill("SIGKILL");
  }
}

function filterError(
  program: Exclude<Compression, "gzip">,
  result: { readonly code?: string | undefined; readonly stderr: Uint8Array; readonly message?: string | undefined },
): SlipwayError {
  if (result.code === "ENOENT") {
    return new SlipwayError(
      "PROGRAM_MISSING",
      `the program ${program} is needed to unpack this archive, and is not installed`,
      {
        hint: `install the package ${packages[program]}`,
      },
    );
  }
  const reason = Buffer.from(result.stderr).toString().trim() || (result.message ?? "it failed");
  return new SlipwayError("ARCHIVE_DAMAGED", `the archive can't be decompressed: ${program}: ${reason}`, {
    hint: `check it with \`${program} --test\``,
  });
}
