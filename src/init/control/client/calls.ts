import type { Response } from "../protocol.ts";
import { ArgumentError, type ControlCommand, type GivenOptions } from "./command.ts";
import { CallError, ClientConnection, type Interrupt } from "./connection.ts";
import { printErrorLine, printLine } from "./output.ts";
import { prettyJson, pythonJson } from "./python-text.ts";

/** Which daemon is meant, and how its answers are shown. */
export interface Settings {
  /** What ends a waiting early. */
  readonly interrupt?: Interrupt;
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly json: boolean;
  readonly prettify: boolean;
}

/** circus's exit codes. */
export const ExitCode = { done: 0, failed: 1, usage: 2, refused: 3 } as const;

const timeOutHint = `
The daemon took longer than --timeout allows. What was asked for goes on; with --waiting a longer time may be right. If no
command is answered, is this the right daemon (--endpoint)?`;

/** One request on a connection of its own. Throws CallError. */
export function ask(settings: Settings, command: string, properties: Readonly<Record<string, unknown>>): Response {
  const connection = new ClientConnection(settings.endpoint, settings.timeoutMs, settings.interrupt);
  try {
    return connection.call(command, properties, settings.timeoutMs);
  } finally {
    connection.close();
  }
}

/** Carries out a command and shows what came of it; the exit code. */
export function runControlCommand(
  settings: Settings,
  command: ControlCommand,
  words: readonly string[],
  options: GivenOptions,
): number {
  try {
    const response = ask(settings, command.name, command.message(words, options));
    if (settings.json) {
      printLine(settings.prettify ? prettyJson(response) : pythonJson(response));
      return ExitCode.done;
    }
    if (response.status === "error") {
      printErrorLine(command.show(response));
      return ExitCode.refused;
    }
    printLine(command.show(response));
    return ExitCode.done;
  } catch (error) {
    return tellFailure(error);
  }
}

/** Tells of a call that came to nothing; the exit code. Throws what is none. */
export function tellFailure(error: unknown): number {
  if (!(error instanceof CallError || error instanceof ArgumentError)) throw error;
  printErrorLine(error.message === "Timed out." ? error.message + timeOutHint : error.message);
  return ExitCode.failed;
}
