/**
 * The control protocol: circus's own messages, a JSON object on a line each, over a stream socket. A connection's requests
 * are answered one after the other, in their order. Pure.
 */

/** circus's commands/errors.py. */
export const ErrorNumber = {
  notSpecified: 0,
  invalidJson: 1,
  unknownCommand: 2,
  messageError: 3,
  osError: 4,
  commandError: 5,
  badMessageData: 6,
} as const;

export type Properties = Readonly<Record<string, unknown>>;

export interface Request {
  /** Whatever the client gave, to be given back. */
  readonly id: unknown;
  /** In lower case. */
  readonly command: string;
  readonly properties: Properties;
  /** circus's `"msg_type": "cast"`: nothing is answered. */
  readonly cast: boolean;
}

export type Response = Readonly<Record<string, unknown>> & { readonly status: string };

/** One that the client gets told; everything else that goes wrong while a request is served is an error of this program. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly errno: number;
  readonly id: unknown;

  constructor(reason: string, errno: number = ErrorNumber.messageError, id: unknown = null) {
    super(reason);
    this.errno = errno;
    this.id = id;
  }
}

/** Bytes of a request's line without its end. */
export const MAX_REQUEST = 64 * 1024;
/** Objects and arrays in each other: enough for any message, and far from what a recursive parser can bear. */
const MAX_DEPTH = 16;

/** How deep objects and arrays are in each other, brackets within strings left out; of no JSON, some number. */
function nestingOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Throws RequestError, with the message's id where it has one. */
export function parseRequest(line: string): Request {
  if (line.trim() === "") throw new RequestError("empty command");
  if (nestingOf(line) > MAX_DEPTH) throw new RequestError("json nested too deeply", ErrorNumber.invalidJson);
  const message = parseJson(line);
  if (!isObject(message)) throw new RequestError("message invalid: not an object");
  const { id = null, command, properties = {}, msg_type } = message;
  if (typeof command !== "string") throw new RequestError("message invalid: 'command' is missing", undefined, id);
  if (!isObject(properties)) throw new RequestError("message invalid: 'properties' is not an object", undefined, id);
  // circus's documentation has `waiting` of some commands beside `properties`.
  const waiting = message.waiting !== undefined && !("waiting" in properties);
  return {
    id,
    command: command.toLowerCase(),
    properties: waiting ? { ...properties, waiting: message.waiting } : properties,
    cast: msg_type === "cast",
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RequestError("json invalid", ErrorNumber.invalidJson);
    throw error;
  }
}

/** Seconds since 1970, as Python's time.time(). */
export function secondsNow(): number {
  return Date.now() / 1000;
}

export function okResponse(properties: Properties, id: unknown): Response {
  return { status: "ok", time: secondsNow(), ...properties, id };
}

export function errorResponse(reason: string, errno: number, id: unknown): Response {
  return { status: "error", reason, tb: null, time: secondsNow(), errno, id };
}
