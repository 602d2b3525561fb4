import { parseDockerfile } from "../../dockerfile/parse.ts";
import { suggestWord } from "../../dockerfile/suggest.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { PromptCommand } from "./prompt.ts";

export interface CommandLine {
  readonly command: PromptCommand;
  /** What stands behind the command's name, as it was typed. */
  readonly argument: string;
}

export function usageError(message: string, hint?: string): SlipwayError {
  return new SlipwayError("USAGE", message, { hint, exitCode: ExitCode.usage });
}

/** Undefined for an empty line or a comment. Throws for a word that is no command, with the nearest that is. */
export function parseCommandLine(line: string, commands: readonly PromptCommand[]): CommandLine | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  if (text.startsWith("!")) return { command: findCommand("run", commands), argument: text.slice(1).trim() };
  const [, word, argument] = /^(\S+)\s*([\s\S]*)$/.exec(text)!;
  const command = findCommand(word!, commands);
  if (command.usage === "" && argument !== "") throw usageError(`${command.name} takes no arguments`);
  return { command, argument: argument! };
}

export function findCommand(word: string, commands: readonly PromptCommand[]): PromptCommand {
  const command = commands.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (command !== undefined) return command;
  const nearest = suggestWord(
    word,
    commands.map(({ name }) => name),
  );
  const hint = nearest === undefined ? "`help` lists the commands" : `did you mean ${nearest}?`;
  throw usageError(`there is no command ${JSON.stringify(word)}`, hint);
}

/** Whether more lines belong to this one: after a continuation as `dockerfile` writes it, or inside a heredoc. */
export function isIncomplete(line: string, commands: readonly PromptCommand[], dockerfile: string): boolean {
  let parsed: CommandLine | undefined;
  try {
    parsed = parseCommandLine(line, commands);
  } catch {
    // The error comes when the line is run.
    return false;
  }
  if (parsed?.command.multiline === undefined) return false;
  return parsed.command.multiline === "instruction"
    ? isInstructionIncomplete(parsed.argument.replace(/^\d+\s+/, ""), parseDockerfile(dockerfile).directives.escape)
    : isInstructionIncomplete(`RUN ${parsed.argument}`, "\\");
}

function isInstructionIncomplete(text: string, continuation: string): boolean {
  const { problems } = parseDockerfile(`# escape=${continuation}\nFROM scratch\n${text}\n`);
  if (problems.some(({ rule }) => rule === "heredoc-unterminated")) return true;
  // Comments and empty lines may stand between the lines of an instruction.
  const last = text.split("\n").findLast((line, index) => index === 0 || !/^\s*(#|$)/.test(line));
  return last!.trimEnd().endsWith(continuation);
}

/** A step's number; undefined when there is no argument. */
export function parseStep(argument: string, usage: string): number | undefined {
  const text = argument.trim();
  if (text === "") return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw usageError(`${JSON.stringify(text)} is not a number`, `usage: ${usage}`);
  return Number(text);
}

/** Splits `N TEXT`; `number` is undefined when the text doesn't start with a number. */
export function splitNumber(argument: string): { readonly number: number | undefined; readonly text: string } {
  const match = /^([1-9]\d*)(?:\s+([\s\S]*))?$/.exec(argument);
  return match === null ? { number: undefined, text: argument } : { number: Number(match[1]), text: match[2] ?? "" };
}
