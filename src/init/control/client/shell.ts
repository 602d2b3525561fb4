import * as native from "native";
import { splitWords } from "../../circus/shell-words.ts";
import { InitError } from "../../system/errors.ts";
import type { Settings } from "./calls.ts";
import { commands, controlCommands } from "./catalogue.ts";
import { parseCommandLine, UsageError } from "./command-line.ts";
import { completeWords } from "./completion.ts";
import { commandHelp } from "./help.ts";
import { inColumns, LineEditor } from "./line-editor.ts";
import { print, printErrorLine, printLine } from "./output.ts";
import { runCommand, version } from "./run-command.ts";
import { isTerminal, withRawTerminal } from "./terminal.ts";

const prompt = "(circusctl) ";
const HELP_COLUMNS = 79;
const NEWLINE = 10;

/** circusctl's interactive mode, after Python's cmd, which circus uses. */
export class Shell {
  readonly #settings: Settings;
  readonly #isInteractive = isTerminal(0) && isTerminal(1);

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The exit code. */
  run(): number {
    printLine(version);
    this.#carryOut(["status"]);
    const readLine = this.#isInteractive ? this.#typedLines() : pipedLines();
    for (;;) {
      const line = readLine();
      if (line === undefined || line.trim() === "EOF") break;
      this.#carryOutLine(line);
    }
    if (!this.#isInteractive) print("\n");
    return 0;
  }

  #typedLines(): () => string | undefined {
    const editor = new LineEditor((text) => completeWords(text.trimStart().split(/\s+/), this.#settings));
    return () => editor.read(prompt);
  }

  #carryOutLine(line: string): void {
    try {
      const words = splitWords(line);
      const [first, topic] = words[0]?.startsWith("?") ? ["help", words[0].slice(1) || words[1]] : words;
      if (first === undefined) return;
      if (first === "help") this.#help(topic);
      else if (commands.has(first)) this.#carryOut(words);
      else printLine(`*** Unknown syntax: ${line.trim()}`);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof InitError)) throw error;
      printErrorLine(`error: ${error.message}`);
    }
  }

  /** Throws UsageError. */
  #carryOut(words: readonly string[]): void {
    const line = parseCommandLine(words, commands);
    const json = this.#settings.json || line.globals.json === true;
    if (line.globals.help) printLine(commandHelp(line.command!));
    else if (this.#isInteractive && !controlCommands.has(words[0]!))
      withRawTerminal(0, () => runCommand({ ...this.#settings, json }, line, 0));
    else runCommand({ ...this.#settings, json }, line);
  }

  #help(topic: string | undefined): void {
    const command = topic === undefined ? undefined : commands.get(topic);
    if (command) printLine(commandHelp(command));
    else if (topic !== undefined && topic !== "help") printLine(`*** No help on ${topic}`);
    else {
      const title = "Documented commands (type help <topic>):";
      const names = [...commands.keys(), "help"].sort();
      printLine(`\n${title}\n${"=".repeat(title.length)}\n${inColumns(names, HELP_COLUMNS).join("\n")}\n`);
      printLine("Undocumented commands:\n======================\nEOF\n");
    }
  }
}

/** Lines of a standard input that is no terminal. */
function pipedLines(): () => string | undefined {
  let input = new Uint8Array(0);
  let ended = false;
  return () => {
    print(prompt);
    for (;;) {
      const end = input.indexOf(NEWLINE);
      if (end !== -1 || (ended && input.length > 0)) {
        const line = new TextDecoder().decode(input.subarray(0, end === -1 ? undefined : end));
        input = end === -1 ? new Uint8Array(0) : input.slice(end + 1);
        return line;
      }
      if (ended) return undefined;
      const bytes = new Uint8Array(4096);
      const count = native.read(0, bytes.buffer, 0, bytes.length);
      ended = count <= 0;
      const joined = new Uint8Array(input.length + Math.max(0, count));
      joined.set(input);
      joined.set(bytes.subarray(0, Math.max(0, count)), input.length);
      input = joined;
    }
  };
}
