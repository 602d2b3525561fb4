import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join, posix } from "node:path";
import { messageOf, SlipwayError } from "../../errors.ts";
import { decodePart, splitLogin } from "./credentials.ts";
import { createFileTree } from "./file-tree.ts";
import type { SourceTree } from "./types.ts";

export interface FetchOptions {
  /** `sha256:HEX`; compared before anything is copied. */
  readonly checksum: string | undefined;
  /** Existing folder for the content: a large file does not fit into memory. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fetches what ADD names by URL, as a tree of one file: its name is the last one of the URL's path, its mode 0600, its
 * time that of the header Last-Modified, or 1970.
 * Errors: URL_UNREACHABLE, URL_STATUS, CHECKSUM_MISMATCH.
 */
export async function fetchUrl(url: string, options: FetchOptions): Promise<{ tree: SourceTree; name: string }> {
  const expected = options.checksum === undefined ? undefined : parseChecksum(options.checksum);
  const { address, authorization } = splitLogin(url);
  const response = await request(address, authorization, options.signal);
  const location = join(options.folder, "content");
  const hash = createHash("sha256");
  let size = 0;
  const file = await open(location, "w");
  try {
    for await (const chunk of response.body ?? []) {
      hash.update(chunk);
      size += chunk.length;
      await file.write(chunk);
    }
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw unreachable(address, cause);
  } finally {
    await file.close();
  }
  const actual = `sha256:${hash.digest("hex")}`;
  if (expected !== undefined && actual !== expected) {
    throw new SlipwayError("CHECKSUM_MISMATCH", `digest mismatch for ${address}: ${actual} (expected: ${expected})`, {
      hint: "if the new content is right, put its digest into --checksum",
    });
  }
  const modified = Date.parse(response.headers.get("last-modified") ?? "");
  const name = nameOfUrl(url);
  const entry = { name, mode: 0o600, size, modified: BigInt(Number.isNaN(modified) ? 0 : modified) * 1_000_000n };
  return { name, tree: createFileTree(entry, () => createReadStream(location)) };
}

/** The last name of a URL's path; `__unnamed__` where there is none, as in BuildKit. */
export function nameOfUrl(url: string): string {
  const base = posix.basename(decodePart(new URL(url).pathname));
  return base === "" || base === "." || base === ".." ? "__unnamed__" : base;
}

async function request(
  address: string,
  authorization: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let response: Response;
  try {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    response = await fetch(address, { headers, signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(address, cause);
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const status = `${response.status} ${response.statusText}`.trim();
  throw new SlipwayError("URL_STATUS", `${address}: invalid response status ${status}`, {
    hint: "open it in a browser: has it moved, or does it want a login?",
  });
}

function unreachable(url: string, error: unknown): SlipwayError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new SlipwayError("URL_UNREACHABLE", `${url} can't be fetched: ${messageOf(cause)}`, {
    hint: "it must be reachable from this machine",
    cause: error,
  });
}

function parseChecksum(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new SlipwayError(
    "CHECKSUM_INVALID",
    `--checksum=${text}: a digest of a URL is sha256: and 64 hexadecimal digits`,
    { hint: "`sha256sum` of the right content prints the digits" },
  );
}
