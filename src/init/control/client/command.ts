import type { Properties, Response } from "../protocol.ts";
import { optionText } from "./python-text.ts";

/** circus's ArgumentError: the words of a command make no message. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

export interface CommandOption {
  readonly name: string;
  /** What its value is called; undefined: it takes none. */
  readonly value?: string;
  readonly otherwise?: string;
  readonly help: string;
}

/** By name: text, or true of one without a value. */
export type GivenOptions = Readonly<Record<string, string | boolean>>;

/** What a word of a command line can be completed to. */
export type ArgumentKind = "watcher" | "option" | "signal" | "command" | "any";

/** How a command is typed, and what is told of it. */
export interface CommandDescription {
  readonly name: string;
  /** One line, circus's own. */
  readonly short: string;
  /** What stands behind the command's name. */
  readonly usage: string;
  readonly help: string;
  readonly options: readonly CommandOption[];
  /** What its words can be completed to; the last counts for all that follow. */
  readonly arguments: readonly ArgumentKind[];
}

/** A command of the daemon: how its words become a message, and how the answer is shown. */
export interface ControlCommand extends CommandDescription {
  /** Throws ArgumentError. */
  readonly message: (words: readonly string[], options: GivenOptions) => Properties;
  readonly show: (response: Response) => string;
}

export const waitingOption: CommandOption = { name: "waiting", help: "come back when the processes have followed" };

export const matchOption: CommandOption = {
  name: "match",
  value: "simple|glob|regex",
  otherwise: "glob",
  help: "how the name is compared",
};

/** Throws ArgumentError with circus's words where there are too many or too few. */
export function checkCount(
  words: readonly string[],
  least: number,
  most: number,
  reason = "Invalid number of arguments",
): void {
  if (words.length < least || words.length > most) throw new ArgumentError(reason);
}

export function parseCount(word: string): number {
  if (!/^[+-]?[0-9]+$/.test(word)) throw new ArgumentError(`not a number: ${word}`);
  return Number(word);
}

export function showError(response: Response): string {
  return `error: ${response.reason}`;
}

export function showOk(response: Response): string {
  return response.status === "ok" ? "ok" : showError(response);
}

/** Shows what `shown` makes of an answer, or its error. */
export function showing(shown: (response: Response) => string): (response: Response) => string {
  return (response) => (response.status === "error" ? showError(response) : shown(response));
}

export const showOptions = showing(({ options }) =>
  Object.entries(options as object)
    .map(([name, value]) => `${name}: ${optionText(name, value)}`)
    .join("\n"),
);
