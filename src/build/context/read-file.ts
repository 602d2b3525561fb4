import { open } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import type { ContextEntry } from "./walk-context.ts";

const chunkLength = 64 * 1024;

/**
 * The content of a file of the context, in chunks of at most 64 KiB, exactly as long as it was when it was listed.
 * Errors: CONTEXT_CHANGED when it vanished, grew or shrank since; CONTEXT_UNREADABLE.
 */
export async function* readContextFile(
  root: string,
  entry: Pick<ContextEntry, "path" | "size">,
): AsyncGenerator<Buffer, void> {
  const path = join(root, entry.path);
  const file = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") throw changed(path, "vanished", cause);
    throw new SlipwayError("CONTEXT_UNREADABLE", `the build context can't be read: ${path}: ${cause.code}`, {
      hint: "make it readable, or name it in .dockerignore",
      cause,
    });
  });
  try {
    let position = 0;
    while (true) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkLength, Math.max(entry.size - position, 1)));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      if (position > entry.size) throw changed(path, "grew");
      yield chunk.subarray(0, bytesRead);
    }
    if (position < entry.size) throw changed(path, "shrank");
  } finally {
    await file.close();
  }
}

function changed(path: string, what: string, cause?: unknown): SlipwayError {
  return new SlipwayError("CONTEXT_CHANGED", `${path} ${what} while it was being sent`, {
    hint: "build again when nothing writes to the context, or name the file in .dockerignore",
    cause,
  });
}
