import type { Readable, Writable } from "node:stream";
import { DebugSession } from "@vscode/debugadapter";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { messageOf, SlipwayError } from "../errors.ts";

/** Answers a request with the body of its response; what it throws is the response of a failure. */
export type Handler = (args: never) => Promise<unknown>;

/** The editor at the other end. */
export interface Client {
  /** Resolves when the editor keeps up, so that output never piles up in memory. */
  send(event: string, body?: object): Promise<void>;
}

/** One editor's connection: the library does the protocol's framing, `handlers` the requests. */
export class DebugConnection extends DebugSession implements Client {
  readonly #handlers: (client: Client) => Readonly<Record<string, Handler>>;
  #requests: Readonly<Record<string, Handler>> = {};
  #output: Writable | undefined;

  constructor(handlers: (client: Client) => Readonly<Record<string, Handler>>) {
    super();
    this.#handlers = handlers;
    // Only the program's outermost file ends the process.
    this.setRunAsServer(true);
  }

  /** Resolves when the editor has hung up. */
  async serve(input: Readable, output: Writable): Promise<void> {
    this.#output = output;
    this.#requests = this.#handlers(this);
    const gone = new Promise<void>((resolve) => {
      for (const event of ["end", "close", "error"]) input.once(event, () => resolve());
      for (const event of ["close", "error"]) output.once(event, () => resolve());
    });
    this.start(input, output);
    await gone;
  }

  async send(event: string, body?: object): Promise<void> {
    const output = this.#output;
    if (output === undefined || output.destroyed || output.writableEnded) return;
    this.sendEvent({ seq: 0, type: "event", event, ...(body ? { body } : {}) });
    if (output.writableNeedDrain) await untilDrained(output);
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    void this.#answer(request);
  }

  async #answer({ seq, command, arguments: args = {} }: DebugProtocol.Request): Promise<void> {
    const response = { seq: 0, type: "response", request_seq: seq, command };
    try {
      const handler = this.#requests[command];
      if (handler === undefined) throw new SlipwayError("DAP_UNSUPPORTED", `the request ${command} is not supported`);
      const body = await handler(args as never);
      this.sendResponse({ ...response, success: true, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      const { message, id } = describeError(error);
      this.sendResponse({
        ...response,
        success: false,
        message,
        body: { error: { id, format: message, showUser: true } },
      });
    }
  }
}

/** Or closed: then nobody waits for more. */
async function untilDrained(output: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      output.off("drain", done);
      output.off("close", done);
      resolve();
    };
    output.on("drain", done);
    output.on("close", done);
  });
}

/** An error that is not ours is a mistake in Slipway, and shown with its stack. */
function describeError(error: unknown): { message: string; id: number } {
  if (error instanceof SlipwayError) {
    return {
      message: error.hint === undefined ? error.message : `${error.message}\nhint: ${error.hint}`,
      id: error.exitCode,
    };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : messageOf(error), id: 70 };
}
