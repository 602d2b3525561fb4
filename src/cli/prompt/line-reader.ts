import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import type { CliContext } from "../context.ts";

export interface LineReaderOptions {
  /** Newest first. */
  readonly history: readonly string[];
  readonly complete: (line: string) => Promise<[readonly string[], string]>;
}

/** How reading ended without a line. */
export type Unread = "interrupted" | "end";

/** Reads lines with editing, history and completion. Between two reads the terminal is as the shell left it. */
export interface LineReader {
  read(prompt: string): Promise<{ readonly line: string } | Unread>;
  /** A line for a question: without history and completion of commands. */
  ask(question: string): Promise<string | undefined>;
  /** Lets `print` write above the line that is being typed; the line is drawn again below. */
  interject(print: () => Promise<void>): Promise<void>;
  readonly history: readonly string[];
}

const HISTORY_SIZE = 1000;

export function createLineReader(
  context: Pick<CliContext, "stdin" | "stdout" | "signal">,
  options: LineReaderOptions,
): LineReader {
  let history = [...options.history];
  /** Lines that were typed or pasted ahead, in one piece with the line before them. */
  const ahead: string[] = [];
  let unfinished = "";
  let current: Interface | undefined;

  function readLine(prompt: string, isCommand: boolean): Promise<{ readonly line: string } | Unread> {
    const waiting = ahead.shift();
    if (waiting !== undefined) {
      context.stdout.write(`${prompt}${waiting}\n`);
      return Promise.resolve({ line: waiting });
    }
    return new Promise((resolve) => {
      let result: { readonly line: string } | Unread | undefined;
      const reader = createInterface({
        input: context.stdin,
        output: context.stdout,
        terminal: true,
        prompt,
        history: isCommand ? [...history] : [],
        historySize: isCommand ? HISTORY_SIZE : 0,
        removeHistoryDuplicates: true,
        tabSize: 8,
        signal: context.signal,
        ...(isCommand ? { completer: completerOf(options.complete) } : {}),
      });
      current = reader;
      // Lines pasted at once arrive one after the other before the first is looked at.
      reader.on("line", (line) => {
        if (result !== undefined) ahead.push(line);
        result ??= { line };
        setImmediate(() => reader.close());
      });
      reader.on("history", (lines) => {
        if (isCommand) history = lines;
      });
      reader.on("SIGINT", () => {
        result ??= "interrupted";
        context.stdout.write("^C\n");
        reader.close();
      });
      reader.on("close", () => {
        current = undefined;
        if (result === undefined && !context.signal.aborted) context.stdout.write("\n");
        unfinished = typeof result === "object" ? reader.line : "";
        resolve(result ?? "end");
      });
      reader.prompt();
      if (unfinished !== "") reader.write(unfinished);
    });
  }

  return {
    read: (prompt) => readLine(prompt, true),
    async ask(question) {
      const result = await readLine(question, false);
      return typeof result === "object" ? result.line : undefined;
    },
    async interject(print) {
      const reader = current;
      if (reader === undefined) return await print();
      const { rows } = reader.getCursorPos();
      moveCursor(context.stdout, 0, -rows);
      cursorTo(context.stdout, 0);
      clearScreenDown(context.stdout);
      await print();
      if (current !== reader) return;
      // To draw a line of several rows again, readline first goes back up to its first one.
      context.stdout.write("\n".repeat(rows));
      reader.prompt(true);
    },
    get history() {
      return history;
    },
  };
}

function completerOf(complete: LineReaderOptions["complete"]) {
  return (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
    complete(line).then(
      ([words, part]) => done(null, [[...words], part]),
      // Completion is a courtesy: an engine that doesn't answer now says so when the command is run.
      () => done(null, [[], line]),
    );
  };
}
