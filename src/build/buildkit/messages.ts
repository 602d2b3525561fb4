import protobuf from "protobufjs/light.js";

/**
 * The messages of BuildKit's control and session services that Slipway speaks, after the .proto files of moby/buildkit
 * (api/services/control, session/*, solver/pb) and tonistiigi/fsutil (types). Fields that Slipway neither reads nor writes are left out.
 */
const root = protobuf.Root.fromJSON(<protobuf.INamespace>{
  nested: {
    SolveRequest: {
      fields: {
        ref: { type: "string", id: 1 },
        exporter: { type: "string", id: 3 },
        exporterAttrs: { keyType: "string", type: "string", id: 4 },
        session: { type: "string", id: 5 },
        frontend: { type: "string", id: 6 },
        frontendAttrs: { keyType: "string", type: "string", id: 7 },
        entitlements: { rule: "repeated", type: "string", id: 9 },
      },
    },
    SolveResponse: { fields: { exporterResponse: { keyType: "string", type: "string", id: 1 } } },
    StatusRequest: { fields: { ref: { type: "string", id: 1 } } },
    StatusResponse: {
      fields: {
        vertexes: { rule: "repeated", type: "Vertex", id: 1 },
        statuses: { rule: "repeated", type: "VertexStatus", id: 2 },
        logs: { rule: "repeated", type: "VertexLog", id: 3 },
        warnings: { rule: "repeated", type: "VertexWarning", id: 4 },
      },
    },
    Vertex: {
      fields: {
        digest: { type: "string", id: 1 },
        inputs: { rule: "repeated", type: "string", id: 2 },
        name: { type: "string", id: 3 },
        cached: { type: "bool", id: 4 },
        started: { type: "Timestamp", id: 5 },
        completed: { type: "Timestamp", id: 6 },
        error: { type: "string", id: 7 },
      },
    },
    VertexStatus: {
      fields: {
        id: { type: "string", id: 1 },
        vertex: { type: "string", id: 2 },
        name: { type: "string", id: 3 },
        current: { type: "int64", id: 4 },
        total: { type: "int64", id: 5 },
        started: { type: "Timestamp", id: 7 },
        completed: { type: "Timestamp", id: 8 },
      },
    },
    VertexLog: {
      fields: {
        vertex: { type: "string", id: 1 },
        timestamp: { type: "Timestamp", id: 2 },
        stream: { type: "int64", id: 3 },
        msg: { type: "bytes", id: 4 },
      },
    },
    VertexWarning: {
      fields: {
        vertex: { type: "string", id: 1 },
        level: { type: "int64", id: 2 },
        short: { type: "bytes", id: 3 },
        detail: { rule: "repeated", type: "bytes", id: 4 },
        url: { type: "string", id: 5 },
        ranges: { rule: "repeated", type: "SourceRange", id: 7 },
      },
    },
    SourceRange: { fields: { start: { type: "SourcePosition", id: 1 }, end: { type: "SourcePosition", id: 2 } } },
    SourcePosition: { fields: { line: { type: "int32", id: 1 }, character: { type: "int32", id: 2 } } },
    Timestamp: { fields: { seconds: { type: "int64", id: 1 }, nanos: { type: "int32", id: 2 } } },
    DiskUsageRequest: { fields: {} },
    DiskUsageResponse: { fields: { record: { rule: "repeated", type: "UsageRecord", id: 1 } } },
    UsageRecord: {
      fields: {
        id: { type: "string", id: 1 },
        size: { type: "int64", id: 4 },
        parent: { type: "string", id: 5 },
        createdAt: { type: "Timestamp", id: 6 },
        description: { type: "string", id: 9 },
        parents: { rule: "repeated", type: "string", id: 12 },
      },
    },
    RpcStatus: {
      fields: {
        code: { type: "int32", id: 1 },
        message: { type: "string", id: 2 },
        details: { rule: "repeated", type: "Any", id: 3 },
      },
    },
    Any: { fields: { typeUrl: { type: "string", id: 1 }, value: { type: "bytes", id: 2 } } },
    Packet: {
      fields: {
        type: { type: "int32", id: 1 },
        stat: { type: "Stat", id: 2 },
        id: { type: "uint32", id: 3 },
        data: { type: "bytes", id: 4 },
      },
    },
    Stat: {
      fields: {
        path: { type: "string", id: 1 },
        mode: { type: "uint32", id: 2 },
        uid: { type: "uint32", id: 3 },
        gid: { type: "uint32", id: 4 },
        size: { type: "int64", id: 5 },
        modTime: { type: "int64", id: 6 },
        linkname: { type: "string", id: 7 },
        devmajor: { type: "int64", id: 8 },
        devminor: { type: "int64", id: 9 },
      },
    },
    BytesMessage: { fields: { data: { type: "bytes", id: 1 } } },
    IdRequest: { fields: { id: { type: "string", id: 1 } } },
    CredentialsResponse: { fields: { username: { type: "string", id: 1 }, secret: { type: "string", id: 2 } } },
  },
});

export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface SolveRequest {
  readonly ref: string;
  readonly exporter: string;
  readonly exporterAttrs: Readonly<Record<string, string>>;
  readonly session: string;
  readonly frontend: string;
  readonly frontendAttrs: Readonly<Record<string, string>>;
  readonly entitlements: readonly string[];
}

export interface Vertex {
  readonly digest: string;
  readonly inputs: readonly string[];
  readonly name: string;
  readonly cached: boolean;
  readonly started: Timestamp | null;
  readonly completed: Timestamp | null;
  readonly error: string;
}

/** Progress within a vertex: bytes of a transfer, or items; `total` is 0 when it is not known. */
export interface VertexStatus {
  readonly id: string;
  readonly vertex: string;
  readonly name: string;
  readonly current: number;
  readonly total: number;
  readonly started: Timestamp | null;
  readonly completed: Timestamp | null;
}

export interface VertexLog {
  readonly vertex: string;
  readonly timestamp: Timestamp | null;
  /** 1: standard output, 2: standard error. */
  readonly stream: number;
  readonly msg: Uint8Array;
}

export interface SourceRange {
  readonly start: { readonly line: number; readonly character: number } | null;
  readonly end: { readonly line: number; readonly character: number } | null;
}

export interface VertexWarning {
  readonly vertex: string;
  readonly level: number;
  readonly short: Uint8Array;
  readonly detail: readonly Uint8Array[];
  readonly url: string;
  readonly ranges: readonly SourceRange[];
}

export interface StatusResponse {
  readonly vertexes: readonly Vertex[];
  readonly statuses: readonly VertexStatus[];
  readonly logs: readonly VertexLog[];
  readonly warnings: readonly VertexWarning[];
}

export interface UsageRecord {
  readonly id: string;
  readonly size: number;
  readonly parent: string;
  readonly createdAt: Timestamp | null;
  readonly description: string;
  readonly parents: readonly string[];
}

/** An int64 that a number can't hold. */
export type Int64 = protobuf.Long;

export function toInt64(value: bigint): Int64 {
  return { low: Number(value & 0xffffffffn) | 0, high: Number(value >> 32n) | 0, unsigned: false } as Int64;
}

/** A Packet of type 2 up to its data, which follows as it is. */
export function dataPacketHead(id: number, length: number): Uint8Array {
  return protobuf.Writer.create().uint32(0x08).int32(2).uint32(0x18).uint32(id).uint32(0x22).uint32(length).finish();
}

/** A file's metadata in fsutil's protocol: `mode` as Go's os.FileMode, `modTime` in nanoseconds. */
export interface PacketStat {
  readonly path: string;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly modTime?: Int64;
  readonly linkname?: string;
  readonly devmajor?: number;
  readonly devminor?: number;
}

export interface Packet {
  readonly type: number;
  readonly stat: PacketStat | null;
  readonly id: number;
  readonly data: Uint8Array;
}

export interface MessageType<T> {
  encode(message: Partial<T>): Uint8Array;
  decode(data: Uint8Array): T;
}

function messageType<T>(name: string): MessageType<T> {
  const type = root.lookupType(name);
  return {
    encode: (message) => type.encode(type.create(message)).finish(),
    decode: (data) =>
      type.toObject(type.decode(data), { longs: Number, defaults: true, arrays: true, objects: true }) as T,
  };
}

export const solveRequest = messageType<SolveRequest>("SolveRequest");
export const solveResponse = messageType<{ readonly exporterResponse: Readonly<Record<string, string>> }>(
  "SolveResponse",
);
export const statusRequest = messageType<{ readonly ref: string }>("StatusRequest");
export const statusResponse = messageType<StatusResponse>("StatusResponse");
export const diskUsageRequest = messageType<Readonly<Record<string, never>>>("DiskUsageRequest");
export const diskUsageResponse = messageType<{ readonly record: readonly UsageRecord[] }>("DiskUsageResponse");
export const rpcStatus = messageType<{
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}>("RpcStatus");
export const packet = messageType<Packet>("Packet");
export const bytesMessage = messageType<{ readonly data: Uint8Array }>("BytesMessage");
/** GetSecretRequest, CheckAgentRequest and CredentialsRequest: one string. */
export const idRequest = messageType<{ readonly id: string }>("IdRequest");
export const credentialsResponse = messageType<{ readonly username: string; readonly secret: string }>(
  "CredentialsResponse",
);
