// Not dockerode: it costs 90 ms of start for grpc, hides half-close and wants the native module ssh2.
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { ExitCode, messageOf, SlipwayError } from "../errors.ts";
import { openConnection } from "./connection.ts";
import { UnreachableError } from "./connection-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { EngineError } from "./engine-error.ts";

export type { Endpoint } from "./endpoint.ts";
export { EngineError, isNotFound } from "./engine-error.ts";

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

export interface EngineResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Must be read to its end, or destroyed. */
  readonly body: Readable;
}

export interface HijackOptions extends RequestOptions {
  /** Protocol to upgrade to: `tcp` is the raw stream of attach and exec, `h2c` a BuildKit session. */
  readonly upgrade?: string | undefined;
}

/** Speaks the Docker Engine API in the newest version that both sides know. Errors: EngineError, ENGINE_UNREACHABLE, ENGINE_TOO_OLD. */
export interface EngineClient extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** `1.41`: asks the engine at the first call. */
  apiVersion(options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
  /** `path` begins with a slash and has no version prefix. */
  request(method: string, path: string, options?: RequestOptions): Promise<EngineResponse>;
  /** The answer's JSON; undefined when it has no body. */
  json<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** For answers without a body of interest; resolves with the status. */
  execute(method: string, path: string, options?: RequestOptions): Promise<number>;
  /** The raw connection after the upgrade; ending the writable side half-closes it. */
  hijack(method: string, path: string, options?: HijackOptions): Promise<Duplex>;
}

/** The engine's API versions that Slipway was written for: Docker 20.10 and newer. */
const oldestVersion = "1.41";
const newestVersion = "1.47";

export function connectEngine(endpoint: Endpoint): EngineClient {
  return new HttpEngineClient(endpoint);
}

class HttpEngineClient implements EngineClient {
  readonly endpoint: Endpoint;
  readonly #pool: Agent;
  readonly #hijacked = new Set<Duplex>();
  #version: Promise<string> | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.#pool = new ConnectionPool(endpoint);
  }

  apiVersion({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    this.#version ??= this.#negotiate(signal).catch((error) => {
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  async request(method: string, path: string, options: RequestOptions = {}): Promise<EngineResponse> {
    const target = `/v${await this.apiVersion()}${path}${queryString(options.query)}`;
    const response = await this.#send(method, target, options);
    const status = response.statusCode ?? 0;
    if (status >= 400 && !options.okStatuses?.includes(status)) throw await refusal(method, path, options, response);
    return { status, headers: response.headers, body: response };
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { body, status } = await this.request(method, path, options);
    const answer = await readText(method, path, status, body, options.signal);
    if (answer === "") return undefined as T;
    try {
      return JSON.parse(answer) as T;
    } catch (cause) {
      throw new EngineError({ method, path, status: 0, message: "the engine's answer is no JSON", cause });
    }
  }

  async execute(method: string, path: string, options: RequestOptions = {}): Promise<number> {
    const { body, status } = await this.request(method, path, options);
    await readText(method, path, status, body, options.signal);
    return status;
  }

  async hijack(method: string, path: string, options: HijackOptions = {}): Promise<Duplex> {
    const target = `/v${await this.apiVersion()}${path}${queryString(options.query)}`;
    const { signal } = options;
    const connection = await openConnection(this.endpoint, { allowHalfOpen: true, signal }).catch((error) => {
      throw signal?.aborted ? signal.reason : new UnreachableError(this.endpoint, error);
    });
    const { payload, headers } = encodeBody(options);
    const request = httpRequest({
      createConnection: () => connection as never,
      method,
      path: target,
      headers: { ...headers, Host: "docker", Connection: "Upgrade", Upgrade: options.upgrade ?? "tcp" },
    });
    return await new Promise<Duplex>((resolve, reject) => {
      const abort = () => connection.destroy(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      connection.once("close", () => {
        signal?.removeEventListener("abort", abort);
        this.#hijacked.delete(connection);
      });
      request.once("error", (error) =>
        reject(signal?.aborted ? signal.reason : new UnreachableError(this.endpoint, error)),
      );
      request.once("response", (response) => {
        refusal(method, path, options, response)
          .then(reject, reject)
          .finally(() => connection.destroy());
      });
      request.once("upgrade", (_response, _socket, head) => {
        if (head.length > 0) connection.unshift(head);
        this.#hijacked.add(connection);
        resolve(connection);
      });
      sendBody(request, payload, reject);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pool.destroy();
    for (const connection of this.#hijacked) connection.destroy();
  }

  async #negotiate(signal: AbortSignal | undefined): Promise<string> {
    const response = await this.#send("GET", "/_ping", { signal });
    if (response.statusCode !== 200) throw await refusal("GET", "/_ping", {}, response);
    await text(response);
    const offered = response.headers["api-version"];
    if (typeof offered !== "string")
      throw new SlipwayError("ENGINE_UNKNOWN", `what answers at ${this.endpoint.url} is no container engine`, {
        hint: "correct the address: it must be one of the Docker Engine API",
        exitCode: ExitCode.engine,
      });
    if (compareVersions(offered, oldestVersion) < 0)
      throw new SlipwayError(
        "ENGINE_TOO_OLD",
        `the engine at ${this.endpoint.url} speaks API ${offered}, Slipway needs ${oldestVersion} or newer`,
        { hint: "upgrade it to Docker 20.10 or Podman 4", exitCode: ExitCode.engine },
      );
    return compareVersions(offered, newestVersion) < 0 ? offered : newestVersion;
  }

  /** `target` is the whole request path. A pooled connection that the engine closed meanwhile is replaced once. */
  async #send(method: string, target: string, options: RequestOptions, retried = false): Promise<IncomingMessage> {
    const { signal } = options;
    signal?.throwIfAborted();
    const { payload, headers } = encodeBody(options);
    const request = httpRequest({ agent: this.#pool, method, path: target, headers: { ...headers, Host: "docker" } });
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        let response: IncomingMessage | undefined;
        const abort = () => {
          // With the reason, so that who reads the body meanwhile is told it.
          response?.destroy(signal?.reason);
          request.destroy(signal?.reason);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
        request.once("close", () => signal?.removeEventListener("abort", abort));
        request.on("error", reject);
        request.once("response", (answer) => {
          response = answer;
          resolve(answer);
        });
        sendBody(request, payload, reject);
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof BodyError) throw error.cause;
      if (request.reusedSocket && !retried && !isStream(payload) && isReset(error))
        return await this.#send(method, target, options, true);
      throw new UnreachableError(this.endpoint, error);
    }
  }
}

class ConnectionPool extends Agent {
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    super({ keepAlive: true });
    this.#endpoint = endpoint;
  }

  override createConnection = (
    _options: object,
    done?: (error: Error | null, connection: Duplex) => void,
  ): undefined => {
    openConnection(this.#endpoint, { allowHalfOpen: false }).then(
      (connection) => done?.(null, connection),
      (error) => done?.(error, undefined as never),
    );
  };
}

/** The stream that a request's body was read from failed; not the engine. */
class BodyError extends Error {}

type Payload = Buffer | ByteStream | undefined;

function isStream(body: object | string | undefined): body is ByteStream {
  return typeof body === "object" && "pipe" in body;
}

function encodeBody({ body, headers }: RequestOptions): {
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

function sendBody(request: ClientRequest, payload: Payload, reject: (error: Error) => void): void {
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

async function readText(
  method: string,
  path: string,
  status: number,
  body: Readable,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await text(body);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const message = `the connection to the engine broke: ${messageOf(cause)}`;
    throw new EngineError({ method, path, status: status < 400 ? 0 : status, message, cause });
  }
}

async function refusal(
  method: string,
  path: string,
  options: RequestOptions,
  response: IncomingMessage,
): Promise<EngineError> {
  const answer = await text(response);
  let message = answer.trim();
  try {
    message = (JSON.parse(answer) as { message?: string }).message?.trim() ?? message;
  } catch {
    // Some refusals (proxies, plugins) are plain text: taken as they are.
  }
  const status = response.statusCode ?? 0;
  return new EngineError({
    method,
    path: `${path}${queryString(options.query)}`,
    status: status < 400 ? 0 : status,
    message: message || `the engine answered ${status} without a message`,
  });
}

function queryString(query: RequestOptions["query"]): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === false) continue;
    if (Array.isArray(value)) for (const item of value) parameters.append(key, item);
    else parameters.append(key, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const encoded = parameters.toString();
  return encoded === "" ? "" : `?${encoded}`;
}

function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** Negative when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let part = 0; part < Math.max(left!.length, right!.length); part++) {
    const difference = (left![part] ?? 0) - (right![part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A name or reference as a part of a path: slashes stay. */
export function pathPart(name: string): string {
  return encodeURIComponent(name).replaceAll("%2F", "/");
}
