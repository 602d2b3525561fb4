import type { ClientRequest } from "node:http";

export type QueryValue = string | number | boolean | readonly string[] | object | undefined;

/** A readable stream of node:stream, or of streamx as tar-stream's are. */
export interface ByteStream {
  pipe<Target extends NodeJS.WritableStream>(target: Target): Target;
  once(event: "error", listener: (error: Error) => void): unknown;
  destroy?(error?: Error): unknown;
}

export interface RequestOptions {
  /** Lists are repeated, objects become JSON (`filters`), undefined and false are left out. */
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined;
  /** A plain object is sent as JSON, a stream in chunks as a tar archive unless `headers` say otherwise. */
  readonly body?: Buffer | string | object | ByteStream | undefined;
  /** Refusals that are answers to the caller, not errors. */
  readonly okStatuses?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The stream that a request's body was read from failed; not the engine. */
export class BodyError extends Error {}

export type Payload = Buffer | ByteStream | undefined;

export function isStream(body: object | string | undefined): body is ByteStream {
  return typeof body === "object" && "pipe" in body;
}

export function encodeBody({ body, headers }: RequestOptions): {
  payload: Payload;
  headers: Record<string, string | string[]>;
} {
  if (body === undefined) return { payload: undefined, headers: { ...headers } };
  if (isStream(body)) return { payload: body, headers: { "Content-Type": "application/x-tar", ...headers } };
  const isJson = !Buffer.isBuffer(body) && typeof body !== "string";
  const payload = Buffer.isBuffer(body) ? body : Buffer.from(isJson ? JSON.stringify(body) : (body as string));
  return {
    payload,
    headers: {
      "Content-Type": isJson ? "application/json" : "application/x-tar",
      "Content-Length": String(payload.length),
      ...headers,
    },
  };
}

export function sendBody(request: ClientRequest, payload: Payload, reject: (error: Error) => void): void {
  if (!isStream(payload)) {
    request.end(payload);
    return;
  }
  payload.once("error", (cause) => {
    reject(new BodyError("the request's body could not be read", { cause }));
    request.destroy();
  });
  // Whatever ends the request early (an answer before all is sent, an abort) ends the reading too.
  request.once("close", () => payload.destroy?.());
  payload.pipe(request);
}

export function queryString(query: RequestOptions["query"]): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === false) continue;
    if (Array.isArray(value)) for (const item of value) parameters.append(key, item);
    else parameters.append(key, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const encoded = parameters.toString();
  return encoded === "" ? "" : `?${encoded}`;
}

/** A name or reference as a part of a path: slashes stay. */
export function pathPart(name: string): string {
  return encodeURIComponent(name).replaceAll("%2F", "/");
}
