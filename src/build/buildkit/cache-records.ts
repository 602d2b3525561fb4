import type { EngineClient } from "../../engine/client.ts";
import { connectGrpc } from "../grpc/client.ts";
import { diskUsageRequest, diskUsageResponse } from "./messages.ts";

/** A layer that the engine's BuildKit keeps, and what made it. */
export interface CacheRecord {
  readonly id: string;
  /** The layers below. */
  readonly parents: readonly string[];
  /** Bytes. */
  readonly size: number;
  /** When it was complete: milliseconds since 1970. */
  readonly created: number;
  /** `mount / from exec /bin/sh -c make` */
  readonly description: string;
}

/** What is in the cache of the engine's BuildKit. Throws GrpcError. */
export async function listCacheRecords(engine: EngineClient, signal?: AbortSignal): Promise<readonly CacheRecord[]> {
  const connection = await engine.hijack("POST", "/grpc", { upgrade: "h2c", signal });
  using control = connectGrpc(connection);
  const method = "/moby.buildkit.v1.Control/DiskUsage";
  for await (const answer of control.call(method, diskUsageRequest.encode({}), { signal })) {
    return diskUsageResponse.decode(answer).record.map(({ parent, parents, createdAt, ...record }) => ({
      ...record,
      // BuildKit before 0.10 knows one only.
      parents: parents.length > 0 ? parents : parent === "" ? [] : [parent],
      created: createdAt === null ? 0 : createdAt.seconds * 1000 + createdAt.nanos / 1e6,
    }));
  }
  return [];
}
