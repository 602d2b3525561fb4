import { closeSync, constants, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import type { ContextEntry } from "./walk-context.ts";

/** Bytes of a large file that are read at once; a buffer to read into is as long as this. */
export const CHUNK_LENGTH = 256 * 1024;

/** Up to here a file is read in one synchronous call: four trips through Node's thread pool cost ten times as much. */
const SMALL = 64 * 1024;

/** What took the place of a file since it was listed must neither lead out of the context nor wait for a writer. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The content of a file of the context, exactly as long as it was when it was listed. Where `into` is given, of CHUNK_LENGTH bytes,
 * the chunks are views of it: each is valid until the next is asked for, and a file of any size takes no more memory than that.
 * Errors: CONTEXT_CHANGED when it vanished, grew, shrank or was replaced since; CONTEXT_UNREADABLE.
 */
export async function* readContextFile(
  root: string,
  entry: Pick<ContextEntry, "path" | "size">,
  into?: Buffer,
): AsyncGenerator<Buffer, void> {
  const path = join(root, entry.path);
  try {
    if (entry.size > SMALL) yield* readChunks(path, entry.size, into);
    else if (entry.size > 0) yield readAtOnce(path, entry.size, into);
    else readAtOnce(path, 0, into);
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (syscall === undefined) throw cause;
    if (code === "ENOENT" || code === "ENOTDIR") throw changed(path, "vanished", cause);
    if (["ELOOP", "EISDIR", "ESPIPE", "ENXIO"].includes(code ?? "")) throw changed(path, "was replaced", cause);
    throw new SlipwayError("CONTEXT_UNREADABLE", `the build context can't be read: ${path}: ${code}`, {
      hint: "make it readable, or name it in .dockerignore",
      cause,
    });
  }
}

function readAtOnce(path: string, size: number, into: Buffer | undefined): Buffer {
  const buffer = into ?? Buffer.allocUnsafe(size + 1);
  const file = openSync(path, flags);
  try {
    // One byte more than there should be shows in the same call whether there is more.
    const length = readSync(file, buffer, 0, size + 1, 0);
    checkLength(path, length, size);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

async function* readChunks(path: string, size: number, into: Buffer | undefined): AsyncGenerator<Buffer, void> {
  const file = await open(path, flags);
  try {
    for (let position = 0; ; ) {
      const buffer = into ?? Buffer.allocUnsafe(Math.min(CHUNK_LENGTH, size - position + 1));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      if (bytesRead === 0 || position > size) return checkLength(path, position, size);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function checkLength(path: string, length: number, size: number): void {
  if (length > size) throw changed(path, "grew");
  if (length < size) throw changed(path, "shrank");
}

function changed(path: string, what: string, cause?: unknown): SlipwayError {
  return new SlipwayError("CONTEXT_CHANGED", `${path} ${what} while it was being sent`, {
    hint: "build again when nothing writes to the context, or name the file in .dockerignore",
    cause,
  });
}
