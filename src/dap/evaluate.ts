import type { DebugProtocol } from "@vscode/debugprotocol";
import { ExpandError, expandWord } from "../dockerfile/expand.ts";
import { ExitCode, SlipwayError } from "../errors.ts";
import type { Session } from "../session/types.ts";
import type { Debuggee } from "./debuggee.ts";

/**
 * In the console: a command that is run in the container as the next RUN would be, or behind a colon one of the session's
 * prompt. Elsewhere: a variable of the environment, by its name or as `$NAME`, `${NAME:-default}`.
 */
export async function evaluate(
  debuggee: Debuggee,
  { expression, context }: DebugProtocol.EvaluateArguments,
): Promise<DebugProtocol.EvaluateResponse["body"]> {
  const text = expression.trim();
  if (context !== "repl") return { result: lookUp(debuggee.session, text), variablesReference: 0 };
  if (text === "") return { result: "", variablesReference: 0 };
  const before = debuggee.session.steps();
  const result = text.startsWith(":")
    ? await debuggee.exclusive((signal) => debuggee.opened.command(text.slice(1), signal))
    : await debuggee.exclusive((signal) => runCommand(debuggee.session, text, signal));
  await debuggee.changed(before);
  return { result, variablesReference: 0 };
}

/** Of a line of the console up to the cursor: the words that the prompt offers behind a colon. */
export async function complete(debuggee: Debuggee, line: string): Promise<DebugProtocol.CompletionItem[]> {
  if (!line.startsWith(":") || debuggee.isRunning) return [];
  const [words, last] = await debuggee.exclusive(() => debuggee.opened.complete(line.slice(1)));
  return words.map((label) => ({
    label: label.trimEnd(),
    text: label,
    start: line.length - last.length,
    length: last.length,
  }));
}

async function runCommand(session: Session, command: string, signal: AbortSignal): Promise<string> {
  const exitCode = await session.run(command, signal);
  const changes =
    session
      .handEdits()
      .at(-1)
      ?.changes.filter((change) => change.timesOnly !== true) ?? [];
  const changed = changes.length === 0 ? [] : [`${changes.length} file${changes.length === 1 ? "" : "s"} changed`];
  return [...(exitCode === 0 ? [] : [`exit code ${exitCode}`]), ...changed].join(", ");
}

/** @throws SlipwayError DAP_NO_VARIABLE */
function lookUp(session: Session, text: string): string {
  const pairs = session
    .environment()
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);
  const variables = new Map(pairs as [string, string][]);
  const name = /^\$?([A-Za-z_]\w*)$/.exec(text)?.[1];
  if (name !== undefined) {
    const value = variables.get(name);
    if (value !== undefined) return value;
    throw noVariable(`${name} is not in the environment`);
  }
  try {
    if (text.includes("$")) return expandWord(text, { lookup: (each) => variables.get(each) });
  } catch (error) {
    if (!(error instanceof ExpandError)) throw error;
    throw noVariable(error.message);
  }
  throw noVariable(`${text} is no variable`);
}

function noVariable(message: string): SlipwayError {
  return new SlipwayError("DAP_NO_VARIABLE", message, { exitCode: ExitCode.usage });
}
