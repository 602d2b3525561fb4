import type { CommandDescription, CommandOption, GivenOptions } from "./command.ts";

/** Words that circusctl does not understand: exit code 2, as Python's argparse has it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface CommandLine {
  readonly command: CommandDescription | undefined;
  /** Behind the command's name, without options. */
  readonly words: readonly string[];
  /** The command's own. */
  readonly options: GivenOptions;
  /** circusctl's own. */
  readonly globals: GivenOptions;
}

export const globalOptions: readonly CommandOption[] = [
  { name: "completion", value: "bash", help: "print a script that completes circusctl's words in a shell" },
  { name: "endpoint", value: "ENDPOINT", help: "the daemon's control socket: a path, or ipc://PATH" },
  { name: "help", help: "Show help and exit" },
  { name: "json", help: "output to JSON" },
  { name: "prettify", help: "prettify output" },
  { name: "timeout", value: "TIMEOUT", otherwise: "5", help: "connection timeout, in seconds" },
  { name: "version", help: "display version and exit" },
];

/**
 * Options may stand before and behind the command and its words, as `--name value` or `--name=value`, and may be shortened as
 * far as they stay clear; `--` ends them. Throws UsageError.
 */
export function parseCommandLine(
  line: readonly string[],
  commands: ReadonlyMap<string, CommandDescription>,
): CommandLine {
  const globals: Record<string, string | boolean> = {};
  const options: Record<string, string | boolean> = {};
  const words: string[] = [];
  const unknown: string[] = [];
  let command: CommandDescription | undefined;
  let onlyWords = false;

  for (let at = 0; at < line.length; at++) {
    const word = line[at]!;
    if (onlyWords || word === "-" || !word.startsWith("-")) {
      if (command) words.push(word);
      else if (commands.has(word)) command = commands.get(word);
      else unknown.push(word);
      continue;
    }
    if (word === "--") {
      onlyWords = true;
      continue;
    }
    const [name = "", ...rest] = (word === "-h" && command ? "--help" : word).split("=");
    const own = findOption(name, command?.options ?? []);
    const option = own ?? findOption(name, globalOptions);
    if (!option) {
      unknown.push(word);
      continue;
    }
    const given = own ? options : globals;
    if (option.value === undefined) {
      if (rest.length > 0)
        throw new UsageError(`argument --${option.name}: ignored explicit argument '${rest.join("=")}'`);
      given[option.name] = true;
      continue;
    }
    const value = rest.length > 0 ? rest.join("=") : line[++at];
    if (value === undefined || (rest.length === 0 && value.startsWith("--")))
      throw new UsageError(`argument --${option.name}: expected one argument`);
    given[option.name] = value;
  }
  if (unknown.length > 0) throw new UsageError(`unrecognized arguments: ${unknown.join(" ")}`);
  return { command, words, options, globals };
}

function findOption(word: string, options: readonly CommandOption[]): CommandOption | undefined {
  if (!word.startsWith("--")) return undefined;
  const exact = options.find(({ name }) => word === `--${name}`);
  const starting = options.filter(({ name }) => `--${name}`.startsWith(word));
  return exact ?? (starting.length === 1 ? starting[0] : undefined);
}

/** Of an option that has a default value. Throws UsageError. */
export function integerOption(options: GivenOptions, option: CommandOption): number {
  const text = `${options[option.name] ?? option.otherwise}`;
  if (!/^[0-9]+$/.test(text)) throw new UsageError(`argument --${option.name}: invalid int value: '${text}'`);
  return Number(text);
}
