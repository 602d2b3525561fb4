import * as native from "native";
import { splitWords } from "../../circus/shell-words.ts";
import { InitError } from "../../system/errors.ts";
import type { Settings } from "./calls.ts";
import { commands } from "./catalogue.ts";
import { parseCommandLine, UsageError } from "./command-line.ts";
import { completeWords } from "./completion.ts";
import { commandHelp } from "./help.ts";
import { inColumns, LineEditor } from "./line-editor.ts";
import { print, printErrorLine, printLine } from "./output.ts";
import { runCommand, version } from "./run-command.ts";
import { isTerminal, Keys, withRawTerminal } from "./terminal.ts";

const prompt = "(circusctl) ";
const HELP_COLUMNS = 79;
const NEWLINE = 10;

/** circusctl's interactive mode, after Python's cmd, which circus uses. */
export class Shell {
  readonly #settings: Settings;
  /** Undefined where input or output is no terminal. */
  readonly #keys = isTerminal(0) && isTerminal(1) ? new Keys(0) : undefined;

  constructor(settings: Settings) {
    this.#settings = this.#keys ? { ...settings, interrupt: this.#keys } : settings;
  }

  /** The exit code. */
  run(): number {
    printLine(version);
    // The terminal stays raw between the lines: what is typed ahead, Ctrl-D too, is kept as it is.
    if (this.#keys) withRawTerminal(0, () => this.#runLines(this.#typedLines(this.#keys!)));
    else {
      this.#runLines(pipedLines());
      print("\n");
    }
    return 0;
  }

  #runLines(readLine: () => string | undefined): void {
    this.#carryOut(["status"]);
    for (;;) {
      const line = readLine();
      if (line === undefined || line.trim() === "EOF") return;
      this.#carryOutLine(line);
    }
  }

  #typedLines(keys: Keys): () => string | undefined {
    const editor = new LineEditor(keys, (text) => completeWords(text.trimStart().split(/\s+/), this.#settings));
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
    else runCommand({ ...this.#settings, json }, line, this.#keys);
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
