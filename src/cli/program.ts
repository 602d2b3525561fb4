import { Command, CommanderError } from "commander";
import { ExitCode, SlipwayError } from "../errors.ts";
import { type CommandEntry, commands } from "./commands.ts";
import type { CliContext } from "./context.ts";
import { addGlobalOptions } from "./global-options.ts";

export interface Program {
  /** Runs the command line (without the program's own name). Rejects with what the command threw. */
  run(words: readonly string[]): Promise<void>;
  /** The command that runs, once it is known: tells `main` how to print an error. */
  active(): Command | undefined;
}

export function createProgram(context: CliContext, version: string): Program {
  let active: Command | undefined;
  return {
    active: () => active,
    async run(words) {
      const root = await buildTree(context, version, (entry) => isNamed(words, entry.name));
      root.hook("preSubcommand", (_, command) => {
        active = command;
      });
      root.hook("preAction", (_, command) => {
        active = command;
      });
      if (words.length === 0) return root.outputHelp();
      try {
        await root.parseAsync(words, { from: "user" });
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        if (error.exitCode === 0) return;
        throw usageError(error, active ?? root);
      }
    },
  };
}

/**
 * The tree of commands. Only entries that `wanted` chooses are loaded; of the others the tree knows name and summary,
 * which is all that the list of commands and the search for the nearest word need.
 */
export async function buildTree(
  context: CliContext,
  version: string,
  wanted: (entry: CommandEntry) => boolean,
): Promise<Command> {
  const root = new Command("slipway")
    .description("A workbench for people who hack on container images.")
    // `main` answers -v: here it would be taken out of other words, as in --run-arg '-v data:/data'.
    .version(version, "--version", "print the version");
  addGlobalOptions(root);
  for (const entry of commands) {
    const command = wanted(entry) ? (await entry.load())(context) : new Command(entry.name);
    root.addCommand(command.summary(entry.summary));
  }
  root.addHelpText("after", "\nRun `slipway COMMAND --help` for a command's options and examples.");
  applySettings(root, context);
  return root;
}

/** Commands are made apart from the tree, so that what commander would inherit is given to each. */
function applySettings(command: Command, context: CliContext): void {
  command
    .helpOption("-h, --help", "print help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => context.stdout.columns ?? 100,
      getErrHelpWidth: () => context.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true });
  if (command.commands.length > 0) command.helpCommand("help [command]", "Print help for a command");
  for (const child of command.commands) applySettings(child, context);
}

/** Loads a little too much when a command's name is also some option's value; never too little. */
function isNamed(words: readonly string[], name: string): boolean {
  return words.includes(name);
}

function usageError(error: CommanderError, command: Command): SlipwayError {
  if (error.code === "commander.help") {
    return new SlipwayError("USAGE", `${commandPath(command)} needs a command`, {
      hint: `choose one of: ${command.commands.map((child) => child.name()).join(", ")}`,
      exitCode: ExitCode.usage,
    });
  }
  const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const nearest = suggestion?.match(/^\(Did you mean (.*)\?\)$/)?.[1];
  return new SlipwayError("USAGE", message, {
    hint: nearest === undefined ? `see \`${commandPath(command)} --help\`` : `did you mean ${nearest}?`,
    exitCode: ExitCode.usage,
    cause: error,
  });
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
