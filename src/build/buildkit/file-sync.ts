import { createHash } from "node:crypto";
import { messageOf } from "../../errors.ts";
import { bothFilters, excludePaths, includePaths, type PathFilter } from "../context/path-filter.ts";
import { CHUNK_LENGTH, readContextFile } from "../context/read-file.ts";
import { type ContextEntry, walkContext } from "../context/walk-context.ts";
import { GrpcError, GrpcStatus } from "../grpc/grpc-error.ts";
import type { MethodHandler, ServerCall } from "../grpc/server.ts";
import { followPaths } from "./follow-paths.ts";
import { dataPacketHead, type PacketStat, packet, toInt64 } from "./messages.ts";

/** A folder that the engine may read in a build: one on disk, or files given as text (a Dockerfile from standard input). */
export type SharedFolder =
  | { readonly kind: "disk"; readonly root: string }
  | { readonly kind: "text"; readonly files: Readonly<Record<string, string>> };

export interface FileSyncListener {
  /** Bytes of file content sent for a folder, in all. */
  onSent?(folder: string, bytes: number): void;
  onSkipped?(path: string, reason: string): void;
  /** The engine's own error message says less than ours. */
  onFailure(error: unknown): void;
}

/** Kinds of packets in fsutil's protocol. */
const Kind = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

/**
 * `moby.filesync.v1.FileSync/DiffCopy`, the sending side: every entry's metadata in order, an empty one at the end; meanwhile the
 * engine asks, by position, for the content of files that it does not have from a former build. (tonistiigi/fsutil, send.go)
 */
export function fileSyncMethod(folders: ReadonlyMap<string, SharedFolder>, listener: FileSyncListener): MethodHandler {
  return async (call) => {
    const name = call.metadata("dir-name")[0] ?? "";
    const folder = folders.get(name);
    if (folder === undefined) throw new GrpcError(GrpcStatus.notFound, `no folder ${name} is shared with this build`);
    try {
      await sendFolder(call, name, await openFolder(folder, call, listener), listener);
    } catch (error) {
      if (call.signal.aborted) throw error;
      listener.onFailure(error);
      await call.send(packet.encode({ type: Kind.error, data: Buffer.from(messageOf(error)) }));
      throw new GrpcError(GrpcStatus.internal, messageOf(error));
    }
  };
}

/** What is sent of a folder for one request. */
interface OpenFolder {
  readonly entries: AsyncIterable<ContextEntry>;
  /** Each chunk is valid until the next is asked for. */
  read(entry: ContextEntry): AsyncIterable<Uint8Array>;
}

async function openFolder(folder: SharedFolder, call: ServerCall, listener: FileSyncListener): Promise<OpenFolder> {
  if (folder.kind === "text") return openTexts(folder.files);
  const { root } = folder;
  const filter = await requestedPaths(root, call);
  const buffer = Buffer.allocUnsafeSlow(CHUNK_LENGTH);
  return {
    entries: walkContext(root, { filter, signal: call.signal, onSkipped: listener.onSkipped }),
    read: (entry) => readContextFile(root, entry, buffer),
  };
}

async function requestedPaths(root: string, call: ServerCall): Promise<PathFilter> {
  const followed = await followPaths(root, patternsOf(call, "followpaths"));
  const includes = [...patternsOf(call, "include-patterns"), ...followed];
  const wanted = includes.length === 0 || includes.includes(".") ? undefined : includePaths(includes);
  const allowed = excludePaths(patternsOf(call, "exclude-patterns"));
  return wanted === undefined ? allowed : bothFilters(wanted, allowed);
}

/** Newer engines escape what is not ASCII as a query string, and say so. */
function patternsOf(call: ServerCall, key: string): string[] {
  const values = call.metadata(key);
  if (call.metadata(`${key}-encoded`)[0] !== "1") return [...values];
  return values.map((value) => decodeURIComponent(value.replaceAll("+", " ")));
}

function openTexts(files: Readonly<Record<string, string>>): OpenFolder {
  const names = Object.keys(files).sort();
  async function* entries(): AsyncGenerator<ContextEntry, void> {
    for (const path of names) {
      const size = Buffer.byteLength(files[path]!);
      yield {
        path,
        type: "file",
        mode: 0o644,
        size,
        modified: timeOf(files[path]!),
        target: undefined,
        hardLink: undefined,
        device: undefined,
      };
    }
  }
  async function* read(entry: ContextEntry): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from(files[entry.path]!);
  }
  return { entries: entries(), read };
}

/** BuildKit takes a file of the same size and time for the one that it has from a former build: each text has its own time. */
function timeOf(content: string): bigint {
  return BigInt(createHash("sha256").update(content).digest().readUIntBE(0, 6));
}

async function sendFolder(
  call: ServerCall,
  name: string,
  folder: OpenFolder,
  listener: FileSyncListener,
): Promise<void> {
  const requestable = new Map<number, ContextEntry>();
  const listing = sendEntries(call, folder, requestable);
  // Its failure must not go unheard while requests are awaited, nor end the process before it is awaited.
  const listingFailed = new Promise<never>((_, reject) => listing.catch(reject));
  const answering = answerRequests(call, name, folder, requestable, listener);
  await Promise.race([answering, listingFailed]);
  await listing;
}

async function sendEntries(
  call: ServerCall,
  folder: OpenFolder,
  requestable: Map<number, ContextEntry>,
): Promise<void> {
  let position = 0;
  let batch: Uint8Array[] = [];
  for await (const entry of folder.entries) {
    if (entry.type === "file") requestable.set(position, entry);
    position += 1;
    batch.push(packet.encode({ type: Kind.stat, stat: entryStat(entry) }));
    if (batch.length < BATCH) continue;
    await call.send(...batch);
    batch = [];
  }
  await call.send(...batch, packet.encode({ type: Kind.stat }));
}

/** Entries that are told together: each alone would be a frame, and a call of the system, at both ends. */
const BATCH = 128;

async function answerRequests(
  call: ServerCall,
  name: string,
  folder: OpenFolder,
  requestable: Map<number, ContextEntry>,
  listener: FileSyncListener,
): Promise<void> {
  let sent = 0;
  for await (const data of call.requests) {
    const { type, id, data: payload } = packet.decode(data);
    if (type === Kind.error) throw new GrpcError(GrpcStatus.internal, `the engine: ${Buffer.from(payload).toString()}`);
    if (type === Kind.end) {
      await call.send(packet.encode({ type: Kind.end }));
      return;
    }
    if (type !== Kind.request) continue;
    const entry = requestable.get(id);
    if (entry === undefined) throw new GrpcError(GrpcStatus.invalidArgument, `no file has the number ${id}`);
    requestable.delete(id);
    for await (const chunk of folder.read(entry)) {
      await call.sendParts([dataPacketHead(id, chunk.byteLength), chunk]);
      sent += chunk.byteLength;
      listener.onSent?.(name, sent);
    }
    await call.send(packet.encode({ type: Kind.data, id }));
  }
}

/** Go's os.FileMode: the type and the special bits stand above the permission bits. */
const goTypeBits: Record<ContextEntry["type"], number> = {
  file: 0,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  fifo: 2 ** 25,
  "block-device": 2 ** 26,
  "character-device": 2 ** 26 + 2 ** 21,
};

function goFileMode({ type, mode }: ContextEntry): number {
  const special = (mode & 0o4000 ? 2 ** 23 : 0) + (mode & 0o2000 ? 2 ** 22 : 0) + (mode & 0o1000 ? 2 ** 20 : 0);
  return goTypeBits[type] + special + (mode & 0o777);
}

function entryStat(entry: ContextEntry): PacketStat {
  return {
    path: entry.path,
    mode: goFileMode(entry),
    size: entry.size,
    modTime: toInt64(entry.modified),
    linkname: entry.hardLink ?? entry.target ?? "",
    devmajor: entry.device?.major ?? 0,
    devminor: entry.device?.minor ?? 0,
  };
}
