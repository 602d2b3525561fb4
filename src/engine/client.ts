// Not dockerode: it costs 90 ms of start for grpc, hides half-close and wants the native module ssh2.
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { ExitCode, SlipwayError } from "../errors.ts";
import { readText, refusal } from "./answer.ts";
import { compareVersions } from "./api-version.ts";
import { openConnection } from "./connection.ts";
import { UnreachableError } from "./connection-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { EngineError } from "./engine-error.ts";
import { BodyError, encodeBody, isStream, queryString, type RequestOptions, sendBody } from "./request.ts";

export type { Endpoint } from "./endpoint.ts";
export { EngineError, isNotFound } from "./engine-error.ts";

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

function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");
}
