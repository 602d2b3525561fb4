import type { Command, Option } from "commander";

/** What a shell can offer after some words. */
export interface CompletableCommand {
  /** Words from the program's name on: `slipway engine start`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly CompletableOption[];
  /** Words that the first argument may be, where they are few. */
  readonly choices: readonly string[];
  /** Words of slipway that print, a line each, what the arguments may be. */
  readonly listedBy: string | undefined;
}

export interface CompletableOption {
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** Words of slipway that print, a line each, what the value may be. */
  readonly listedBy: string | undefined;
}

/** What prints the values of arguments and options with this name: `rm <session...>`, `--resume [session]`. */
const lists: Readonly<Record<string, string>> = { session: "sessions ls --quiet" };

/** The command and all below it, parents first. */
export function describeCommands(command: Command, parents: readonly Command[] = []): CompletableCommand[] {
  const line = [...parents, command];
  const own: CompletableCommand = {
    path: line.map((each) => each.name()),
    summary: summaryOf(command),
    commands: command
      .createHelp()
      .visibleCommands(command)
      .map((child) => ({ name: child.name(), summary: summaryOf(child) })),
    options: line
      .toReversed()
      .flatMap((each) => [...each.createHelp().visibleOptions(each)])
      .filter((option, index, all) => all.findIndex((other) => other.flags === option.flags) === index)
      .map(describeOption),
    choices: command.registeredArguments[0]?.argChoices ?? [],
    listedBy: lists[command.registeredArguments[0]?.name() ?? ""],
  };
  return [own, ...command.commands.flatMap((child) => describeCommands(child, line))];
}

function summaryOf(command: Command): string {
  return command.summary() || command.description();
}

function describeOption(option: Option): CompletableOption {
  return {
    short: option.short,
    long: option.long,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    listedBy: lists[/[<[](.*?)(\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? ""],
  };
}
