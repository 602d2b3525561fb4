import * as native from "native";
import { POLLIN } from "../../system/loop.ts";
import { ExitCode, type Settings, tellFailure } from "./calls.ts";
import type { GivenOptions } from "./command.ts";
import { UsageError } from "./command-line.ts";
import { top } from "./commands/watching.ts";
import { ClientConnection, waitFor } from "./connection.ts";
import { print, printErrorLine, printLine } from "./output.ts";
import { prettyJson, pythonJson } from "./python-text.ts";
import { isTerminal, Keys, windowSize, withRawTerminal } from "./terminal.ts";
import { type Infos, type SortKey, sortKeys, topLines } from "./top-table.ts";

const enterScreen = "\x1b[?1049h\x1b[?25l";
const leaveScreen = "\x1b[?25h\x1b[?1049l";
const QUIT_KEYS = ["q", "Q", "\x03", "\x04"];
const keyHints = "q quit  c cpu  m memory  a age  p pid  up/down scroll";

function optionText(options: GivenOptions, name: string): string {
  return `${options[name] ?? top.options.find((option) => option.name === name)!.otherwise}`;
}

/** Throws UsageError. */
function readOptions(options: GivenOptions): { readonly sort: SortKey; readonly intervalMs: number } {
  const sort = optionText(options, "sort");
  const interval = Number(optionText(options, "interval"));
  if (!sortKeys.includes(sort as SortKey))
    throw new UsageError(`argument --sort: invalid choice: '${sort}' (choose from ${sortKeys.join(", ")})`);
  if (!(interval >= 0.1 && interval <= 3600))
    throw new UsageError(`argument --interval: not between 0.1 and 3600 seconds: '${options.interval}'`);
  return { sort: sort as SortKey, intervalMs: interval * 1000 };
}

/** The exit code. Throws UsageError. */
export function runTop(settings: Settings, options: GivenOptions, keys?: Keys): number {
  const { sort, intervalMs } = readOptions(options);
  try {
    const connection = new ClientConnection(settings.endpoint, settings.timeoutMs);
    try {
      return isTerminal(0) && isTerminal(1) && !settings.json
        ? live(new Screen(settings, connection, keys ?? new Keys(0), sort), intervalMs, keys !== undefined)
        : printOnce(settings, connection, sort);
    } finally {
      connection.close();
    }
  } catch (error) {
    return tellFailure(error);
  }
}

function live(screen: Screen, intervalMs: number, isRaw: boolean): number {
  return isRaw ? screen.run(intervalMs) : withRawTerminal(0, () => screen.run(intervalMs));
}

function printOnce(settings: Settings, connection: ClientConnection, sort: SortKey): number {
  const response = connection.call("stats", {}, settings.timeoutMs);
  if (response.status === "error") {
    printErrorLine(`error: ${response.reason}`);
    return ExitCode.refused;
  }
  if (settings.json) printLine(settings.prettify ? prettyJson(response) : pythonJson(response));
  else
    printLine(
      topLines(response.infos as Infos, sort)
        .join("\n")
        .trimEnd(),
    );
  return ExitCode.done;
}

/** The live table: asks, draws, and waits for keys. */
class Screen {
  readonly #settings: Settings;
  readonly #connection: ClientConnection;
  readonly #keys: Keys;
  #sort: SortKey;
  #infos: Infos = {};
  #scrolled = 0;

  constructor(settings: Settings, connection: ClientConnection, keys: Keys, sort: SortKey) {
    this.#settings = settings;
    this.#connection = connection;
    this.#keys = keys;
    this.#sort = sort;
  }

  run(intervalMs: number): number {
    print(enterScreen);
    try {
      for (;;) {
        const response = this.#connection.call("stats", {}, this.#settings.timeoutMs);
        this.#infos = (response.infos ?? {}) as Infos;
        if (!this.#waitForKeys(native.now() + intervalMs)) return ExitCode.done;
      }
    } finally {
      print(leaveScreen);
    }
  }

  /** Draws after each key; false when it is to end. */
  #waitForKeys(deadline: number): boolean {
    for (;;) {
      this.#draw();
      if (!this.#keys.hasPending && waitFor([[0, POLLIN]], deadline).length === 0) return true;
      const key = this.#keys.next();
      if (key === undefined || QUIT_KEYS.includes(key)) return false;
      this.#sort = sortKeys.find((name) => name[0] === key.toLowerCase()) ?? this.#sort;
      const page = windowSize(1).rows - 2;
      this.#scrolled += { up: -1, down: 1, "page-up": -page, "page-down": page }[key] ?? 0;
    }
  }

  #draw(): void {
    const { rows, columns } = windowSize(1);
    const lines = topLines(this.#infos, this.#sort);
    const room = Math.max(1, rows - 2);
    this.#scrolled = Math.max(0, Math.min(this.#scrolled, lines.length - room));
    const title = `Circus Top, by ${this.#sort}   ${keyHints}`;
    const shown = [title, "-".repeat(columns), ...lines.slice(this.#scrolled, this.#scrolled + room)];
    print(`\x1b[H${shown.map((line) => `${line.slice(0, columns)}\x1b[K`).join("\r\n")}\x1b[J`);
  }
}
