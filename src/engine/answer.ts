import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { messageOf } from "../errors.ts";
import { EngineError } from "./engine-error.ts";
import { queryString, type RequestOptions } from "./request.ts";

/** The whole of an answer. Rejects with EngineError when the connection breaks on the way. */
export async function readText(
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

/** The error that an answer of status 400 and more stands for. */
export async function refusal(
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
  // Build arguments may hold secrets, and an error is shown.
  const { buildargs, ...told } = options.query ?? {};
  return new EngineError({
    method,
    path: `${path}${queryString(told)}`,
    status: status < 400 ? 0 : status,
    message: message || `the engine answered ${status} without a message`,
  });
}
