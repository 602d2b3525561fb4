import { commonStart, type EditedLine, editLine, emptyLine, insertText } from "./edited-line.ts";
import { print } from "./output.ts";
import { type Keys, windowSize } from "./terminal.ts";

const MAX_HISTORY = 1000;

/** Reads lines from a terminal: editing, history, completion, as readline has them. */
export class LineEditor {
  readonly #keys: Keys;
  readonly #history: string[] = [];
  readonly #complete: (textBeforeCursor: string) => readonly string[];

  /** For a terminal that is raw. `complete` gives what the last word before the cursor can become. */
  constructor(keys: Keys, complete: (textBeforeCursor: string) => readonly string[]) {
    this.#keys = keys;
    this.#complete = complete;
  }

  /** A line without its end; empty after Ctrl-C; undefined at the end of the input. */
  read(prompt: string): string | undefined {
    const line = new Typing(prompt, this.#keys, this.#history, this.#complete).read();
    if (line && line.trim() !== "" && line !== this.#history.at(-1)) this.#history.push(line);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    return line;
  }
}

/** One line. */
class Typing {
  readonly #prompt: string;
  readonly #keys: Keys;
  readonly #complete: (textBeforeCursor: string) => readonly string[];
  /** The lines before, and last the one that is typed; changes to old ones last until the line is done. */
  readonly #lines: string[];
  #at: number;
  #line: EditedLine = emptyLine;
  /** Where the cursor is below the prompt's row. */
  #row = 0;
  #sawTab = false;

  constructor(
    prompt: string,
    keys: Keys,
    history: readonly string[],
    complete: (textBeforeCursor: string) => readonly string[],
  ) {
    this.#prompt = prompt;
    this.#keys = keys;
    this.#complete = complete;
    this.#lines = [...history, ""];
    this.#at = history.length;
  }

  read(): string | undefined {
    this.#draw();
    for (;;) {
      const key = this.#keys.next();
      if (key === undefined || (key === "\x04" && this.#line.text === "")) return this.#leave("\n", undefined);
      if (key === "\r" || key === "\n") return this.#leave("\n", this.#line.text);
      if (key === "\x03") return this.#leave("^C\n", "");
      this.#press(key);
      // A pasted text is drawn once.
      if (!this.#keys.hasPending) this.#draw();
    }
  }

  #leave<T>(mark: string, result: T): T {
    this.#line = { ...this.#line, cursor: this.#line.text.length };
    this.#draw();
    print(mark);
    return result;
  }

  #press(key: string): void {
    const sawTab = this.#sawTab;
    this.#sawTab = key === "\t";
    if (key === "\t") this.#completeWord(sawTab);
    else if (key === "up" || key === "\x10") this.#go(-1);
    else if (key === "down" || key === "\x0e") this.#go(1);
    else if (key === "\x0c") this.#clear();
    else this.#line = editLine(this.#line, key) ?? this.#line;
  }

  #go(by: 1 | -1): void {
    const target = this.#at + by;
    if (target < 0 || target >= this.#lines.length) return;
    this.#lines[this.#at] = this.#line.text;
    this.#at = target;
    const text = this.#lines[target]!;
    this.#line = { ...this.#line, text, cursor: text.length };
  }

  #completeWord(showAll: boolean): void {
    const before = this.#line.text.slice(0, this.#line.cursor);
    const typed = /\S*$/.exec(before)![0];
    const words = this.#complete(before);
    const start = commonStart(words);
    const more = words.length === 1 ? `${start} ` : start;
    if (words.length === 0) return;
    if (more.length > typed.length) this.#line = insertText(this.#line, more.slice(typed.length));
    else if (showAll) this.#show(words);
  }

  #show(words: readonly string[]): void {
    const { columns } = windowSize(0);
    this.#line = { ...this.#line };
    print(`\n${inColumns(words, columns).join("\n")}\n`);
    this.#row = 0;
  }

  #clear(): void {
    print("\x1b[H\x1b[2J");
    this.#row = 0;
  }

  /** Draws prompt and text anew from the prompt's row on. */
  #draw(): void {
    const { columns } = windowSize(0);
    const width = (text: string) => [...text].length;
    const end = width(this.#prompt) + width(this.#line.text);
    const at = width(this.#prompt) + width(this.#line.text.slice(0, this.#line.cursor));
    const up = this.#row > 0 ? `\x1b[${this.#row}A` : "";
    // A terminal wraps only when something follows the last column.
    const wrap = end > 0 && end % columns === 0 ? "\n" : "";
    const rowsBack = Math.floor(end / columns) - Math.floor(at / columns);
    const back = (rowsBack > 0 ? `\x1b[${rowsBack}A` : "") + (at % columns > 0 ? `\r\x1b[${at % columns}C` : "\r");
    print(`\r${up}\x1b[J${this.#prompt}${this.#line.text}${wrap}${back}`);
    this.#row = Math.floor(at / columns);
  }
}

/** Words in as many columns as fit, in order from top to bottom, as Python's cmd has them. */
export function inColumns(words: readonly string[], columns: number): string[] {
  const line = (rows: number, row: number, widths: readonly number[]) =>
    widths
      .map((width, column) => (words[row + column * rows] ?? "").padEnd(width))
      .join("  ")
      .trimEnd();
  for (let rows = 1; rows <= words.length; rows++) {
    const widths: number[] = [];
    for (let first = 0; first < words.length; first += rows)
      widths.push(Math.max(...words.slice(first, first + rows).map((word) => word.length)));
    const total = widths.reduce((sum, width) => sum + width + 2, -2);
    if (total <= columns || rows === words.length)
      return Array.from({ length: rows }, (_, row) => line(rows, row, widths));
  }
  return [];
}
