import { ExitCode, SlipwayError } from "../../errors.ts";
import type { Session } from "../../index.ts";
import type { CliContext } from "../context.ts";
import { styleFor } from "../output/style.ts";
import { isIncomplete, parseCommandLine } from "./command-line.ts";
import { promptCommands } from "./commands.ts";
import { completeLine } from "./completion.ts";
import { loadHistory, saveHistory } from "./history.ts";
import { type IdleRefresh, refreshWhileIdle } from "./idle-refresh.ts";
import { createLineReader, type LineReader } from "./line-reader.ts";
import type { Dialog, Outcome, Prompt } from "./prompt.ts";
import type { Screen } from "./screen.ts";
import { lendTerminal, runProgram } from "./terminal.ts";

export interface InteractiveOptions {
  readonly tag: string | undefined;
  readonly stateDir: string;
  /** Command lines to run before the first prompt. */
  readonly first: readonly string[];
}

/** Reads commands from the person at the terminal until they leave. Resolves with whether the session is to be removed. */
export async function runInteractive(
  context: CliContext,
  session: Session,
  screen: Screen,
  options: InteractiveOptions,
): Promise<{ readonly remove: boolean }> {
  const reader = createLineReader(context, {
    history: await loadHistory(options.stateDir),
    complete: (line) => completeLine(line, session, promptCommands),
  });
  const style = styleFor(context.stdout, context.env);
  const dialog = createDialog(context, reader, screen);
  const runLine = (line: string) =>
    interruptible(context, (signal) =>
      runCommand(line, { session, context, tag: options.tag, signal, dialog }, screen),
    );
  let repeated: string | undefined;
  try {
    for (const line of options.first) await runLine(line);
    using idle = await refreshWhileIdle(session, reader, screen);
    while (!context.signal.aborted) {
      screen.release();
      const read = await readCommand(reader, session, idle, `${style.current("(slipway)")} `);
      if (read === "end") break;
      if (read === "interrupted") continue;
      const line = read.line.trim() === "" ? repeated : read.line;
      if (line === undefined) continue;
      const outcome = await runLine(line);
      repeated = /^(n|next|s|step)\b/.test(line.trim()) ? line : undefined;
      if (outcome.leave !== undefined) return outcome.leave;
    }
  } finally {
    await saveHistory(options.stateDir, reader.history.map(session.hideSecrets));
  }
  return { remove: false };
}

async function runCommand(line: string, prompt: Omit<Prompt, "commands" | "show">, screen: Screen): Promise<Outcome> {
  try {
    const parsed = parseCommandLine(line, promptCommands);
    // Not before an edit: its numbers are those of the text that was seen.
    if (parsed?.command.group !== "edit") await prompt.session.refresh();
    const outcome = await parsed?.command.run(
      { ...prompt, commands: promptCommands, show: screen.result },
      parsed.argument,
    );
    return outcome ?? {};
  } catch (error) {
    // The session goes on after any failure, also one of ours: the work in it is worth more than a clean end.
    const isAbort = prompt.signal.aborted && !(error instanceof SlipwayError);
    screen.error(isAbort ? interruption() : error, undefined);
    return {};
  }
}

function interruption(): SlipwayError {
  return new SlipwayError("INTERRUPTED", "interrupted", { exitCode: ExitCode.interrupted });
}

/** A command with the lines that belong to it. */
async function readCommand(
  reader: LineReader,
  session: Session,
  idle: IdleRefresh,
  prompt: string,
): ReturnType<LineReader["read"]> {
  const first = await idle.during(() => reader.read(prompt));
  if (typeof first === "string") return first;
  let { line } = first;
  while (isIncomplete(line, promptCommands, session.text)) {
    const more = await reader.read("> ");
    if (typeof more === "string") return "interrupted";
    line = `${line}\n${more.line}`;
  }
  return { line };
}

function createDialog(context: CliContext, reader: LineReader, screen: Screen): Dialog {
  return {
    ask(question) {
      screen.release();
      return reader.ask(question);
    },
    async lendTerminal(work) {
      screen.release();
      return await lendTerminal(context, work);
    },
    async runProgram(command) {
      screen.release();
      // Ctrl-C is the program's business.
      const restore = context.onInterrupt(() => {});
      try {
        return await runProgram(command);
      } finally {
        restore();
      }
    },
  };
}

/** Ctrl-C aborts the work. Who presses it again and again wants to leave, even when the engine doesn't answer. */
async function interruptible<Result>(
  context: Pick<CliContext, "signal" | "onInterrupt" | "stdout" | "stderr">,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupted = new AbortController();
  let presses = 0;
  let restore = () => {};
  const forced = new Promise<never>((_, reject) => {
    restore = context.onInterrupt(() => {
      presses++;
      // The terminal itself has written ^C, somewhere in a line.
      context.stdout.write("\n");
      if (presses === 1) interrupted.abort();
      if (presses === 2) context.stderr.write("still stopping; Ctrl-C once more leaves, and the session stays\n");
      if (presses === 3) reject(interruption());
    });
  });
  try {
    return await Promise.race([work(AbortSignal.any([interrupted.signal, context.signal])), forced]);
  } finally {
    restore();
  }
}
