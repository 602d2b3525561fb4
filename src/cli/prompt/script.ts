import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { Session } from "../../index.ts";
import { isIncomplete, parseCommandLine } from "./command-line.ts";
import { promptCommands } from "./commands.ts";
import type { Prompt } from "./prompt.ts";
import type { Screen } from "./screen.ts";

export interface Script {
  /** A file's name, or `<stdin>`. */
  readonly name: string;
  readonly input: Readable;
}

/** A command with the line of the script at which it begins, from 1. */
interface ScriptCommand {
  readonly line: number;
  readonly text: string;
}

export interface ScriptOutcome {
  readonly exitCode: number;
  /** From `quit`; undefined: the script came to its end. */
  readonly remove: boolean | undefined;
}

/**
 * Runs the commands of a script, each as soon as it is read: a program may write one, look at the events, and write the
 * next. Stops at the first failure unless `keepGoing`; the exit code is that of the first failure.
 */
export async function runScript(
  script: Script,
  prompt: Omit<Prompt, "dialog" | "commands" | "show">,
  screen: Screen,
  options: { readonly keepGoing: boolean },
): Promise<ScriptOutcome> {
  let failure: number | undefined;
  for await (const { line, text } of readCommands(script.input, prompt)) {
    if (prompt.signal.aborted) break;
    const place = `${script.name}:${line}`;
    try {
      const parsed = parseCommandLine(text, promptCommands);
      if (parsed === undefined) continue;
      // Not before an edit: its numbers are those of the text that was seen.
      if (parsed.command.group !== "edit") await prompt.session.refresh();
      screen.command({ type: "command", source: script.name, line, text: prompt.session.hideSecrets(text) });
      const outcome = await parsed.command.run(
        { ...prompt, dialog: undefined, commands: promptCommands, show: (result) => screen.result(result) },
        parsed.argument,
      );
      if (outcome?.leave !== undefined) return { exitCode: failure ?? ExitCode.ok, remove: outcome.leave.remove };
      if (outcome?.exitCode) {
        throw new SlipwayError(
          "COMMAND_FAILED",
          `${prompt.session.hideSecrets(firstLine(text))}: failed with exit code ${outcome.exitCode}`,
          {
            exitCode: outcome.exitCode,
          },
        );
      }
    } catch (error) {
      if (prompt.signal.aborted) break;
      // A mistake of ours ends everything, and main prints it.
      if (!(error instanceof SlipwayError)) throw error;
      screen.error(veiled(error, prompt.session), { text: place, line });
      failure ??= error.exitCode;
      if (!options.keepGoing) break;
    }
  }
  if (prompt.signal.aborted) return { exitCode: ExitCode.interrupted, remove: undefined };
  return { exitCode: failure ?? ExitCode.ok, remove: undefined };
}

async function* readCommands(
  input: Readable,
  { session, signal }: { readonly session: Session; readonly signal: AbortSignal },
): AsyncGenerator<ScriptCommand> {
  let text: string | undefined;
  let start = 0;
  let line = 0;
  for await (const next of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal })) {
    line++;
    if (text === undefined) start = line;
    text = text === undefined ? next : `${text}\n${next}`;
    if (isIncomplete(text, promptCommands, session.text)) continue;
    yield { line: start, text };
    text = undefined;
  }
  if (text !== undefined) yield { line: start, text };
}

/** What was typed wrongly is shown in the error, and may hold a secret. */
function veiled(error: SlipwayError, session: Session): SlipwayError {
  const message = session.hideSecrets(error.message);
  if (message === error.message) return error;
  const { code, hint, exitCode } = error;
  return new SlipwayError(code, message, { hint, exitCode });
}

function firstLine(text: string): string {
  const [first, ...more] = text.trim().split("\n");
  return more.length === 0 ? first! : `${first} …`;
}
