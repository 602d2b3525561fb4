import { InitError } from "../../system/errors.ts";
import type { Loop } from "../../system/loop.ts";
import type { Arbiter } from "../arbiter.ts";
import {
  ErrorNumber,
  errorResponse,
  okResponse,
  type Properties,
  type Request,
  RequestError,
  type Response,
} from "../protocol.ts";
import { makeAskingCommands } from "./asking-commands.ts";
import { changingCommands } from "./changing-commands.ts";
import { healthCommands } from "./health-command.ts";
import type { Command, Outcome } from "./outcome.ts";
import { signalCommands } from "./signal-commands.ts";
import { Statistics } from "./statistics.ts";

/** The loop's next turn: until then all has failed that can fail at once. */
const NEXT_TURN_MS = 1;

/** Carries out requests. Whatever happens becomes a response. */
export class Execution {
  readonly #loop: Loop;
  readonly #arbiter: Arbiter;
  readonly #report: (message: string) => void;
  readonly #commands: Readonly<Record<string, Command>>;

  /** `endpoint`: where clients came in; `report` takes a line for the log. */
  constructor(loop: Loop, arbiter: Arbiter, endpoint: string, report: (message: string) => void) {
    this.#loop = loop;
    this.#arbiter = arbiter;
    this.#report = report;
    this.#commands = {
      ...makeAskingCommands(new Statistics(), endpoint),
      ...changingCommands,
      ...signalCommands,
      ...healthCommands,
    };
  }

  async answer(request: Request): Promise<Response> {
    try {
      return okResponse(await this.#carryOut(request), request.id);
    } catch (error) {
      return this.respondTo(error, request.id);
    }
  }

  respondTo(error: unknown, id: unknown): Response {
    if (error instanceof RequestError) return errorResponse(error.message, error.errno, error.id ?? id);
    if (error instanceof InitError) return errorResponse(error.message, ErrorNumber.commandError, id);
    this.#report(`control: ${error}\n${(error as Error).stack ?? ""}`);
    return errorResponse(`${error}`, ErrorNumber.commandError, id);
  }

  async #carryOut({ command, properties }: Request): Promise<Properties> {
    if (!Object.hasOwn(this.#commands, command))
      throw new RequestError(`unknown command: '${command}'`, ErrorNumber.unknownCommand);
    const { answer, done } = this.#commands[command]!(this.#arbiter, properties);
    if (done && properties.waiting) return (await done) ?? (await answer) ?? {};
    if (done) await this.#seeFailure(command, done);
    return (await answer) ?? {};
  }

  /** Throws what goes wrong until the next turn; what goes wrong later is for the log. */
  async #seeFailure(command: string, done: NonNullable<Outcome["done"]>): Promise<void> {
    let isLate = false;
    const watched = done.then(
      () => {},
      (error: unknown) => {
        if (!isLate) throw error;
        this.#report(`${command}: ${error instanceof Error ? error.message : error}`);
      },
    );
    await Promise.race([watched, new Promise<void>((resolve) => this.#loop.after(NEXT_TURN_MS, resolve))]);
    isLate = true;
  }
}
