import type { Session, Terminal } from "../../index.ts";
import type { CliContext } from "../context.ts";
import type { CommandResult } from "./results.ts";

/** What a session command works with. */
export interface Prompt {
  readonly session: Session;
  /** All commands, for `help`. */
  readonly commands: readonly PromptCommand[];
  readonly context: Pick<CliContext, "env" | "cwd">;
  /** The first `--tag` of the command line. */
  readonly tag: string | undefined;
  /** Aborted by Ctrl-C while the command runs. */
  readonly signal: AbortSignal;
  /** Undefined where nobody answers: in scripts and pipes. */
  readonly dialog: Dialog | undefined;
  /** Prints what the command found: as text, or as a JSON object. */
  show(result: CommandResult): void | Promise<void>;
}

/** The person at the terminal. */
export interface Dialog {
  /** Reads a line; undefined when it was left by Ctrl-C or Ctrl-D. */
  ask(question: string): Promise<string | undefined>;
  /** Hands the terminal over, raw, until `work` ends. */
  lendTerminal<Result>(work: (terminal: Terminal) => Promise<Result>): Promise<Result>;
  /** Runs a program of the user's machine on the terminal; resolves with its exit code. */
  runProgram(command: readonly string[]): Promise<number>;
}

/** How a command ended; nothing at all means well. Errors are thrown. */
export interface Outcome {
  /** Of the step or the command that failed. */
  readonly exitCode?: number;
  /** The prompt ends after this command. */
  readonly leave?: { readonly remove: boolean };
}

export interface PromptCommand {
  readonly name: string;
  /** Short forms, as gdb and pdb have them. */
  readonly aliases: readonly string[];
  /** The arguments in a usage line: `[N]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The rest of `help COMMAND`. */
  readonly help: string;
  readonly group: "look" | "go" | "by hand" | "edit" | "leave";
  /** The argument may go on over several lines: an instruction or a shell command with continuations and heredocs. */
  readonly multiline?: "instruction" | "command";
  /** Words that may stand where the last one of `words` does. */
  complete?(
    prompt: Pick<Prompt, "session" | "commands">,
    words: readonly string[],
  ): readonly string[] | Promise<readonly string[]>;
  run(prompt: Prompt, argument: string): Promise<Outcome> | Promise<void>;
}
