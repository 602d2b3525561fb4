import { read, terminalState } from "native";
import { EAGAIN } from "../system/errors.ts";
import { POLLIN, type Watcher } from "../system/loop.ts";

/**
 * Reads what the files of /dev/slipway/shell write to descriptor 3 of an interactive shell: `STATUS NUL FOLDER NUL COMMAND NUL`
 * for each command line, FOLDER being where the shell is after it. bash knows the command; a plain sh does not, so that it is what was typed into the terminal's own line
 * editing while the shell was in the foreground.
 */
export class Recorder implements Watcher {
  readonly fd: number;
  readonly #terminal: number | undefined;
  readonly #shell: number;
  readonly #onCommand: (command: string, workdir: string, exitCode: number) => void;
  /** Where the shell is: the next command runs there. */
  #workdir: string;
  readonly #buffer = new Uint8Array(4096);
  #text = "";
  #line = "";
  #typed: string[] = [];
  #ended = false;

  constructor(
    fd: number,
    terminal: number | undefined,
    shell: number,
    workdir: string,
    onCommand: (command: string, workdir: string, exitCode: number) => void,
  ) {
    this.fd = fd;
    this.#terminal = terminal;
    this.#shell = shell;
    this.#workdir = workdir;
    this.#onCommand = onCommand;
  }

  wants(): number {
    return this.#ended ? 0 : POLLIN;
  }

  ready(): void {
    for (;;) {
      const count = read(this.fd, this.#buffer.buffer, 0, this.#buffer.length);
      if (count <= 0) {
        this.#ended = count !== -EAGAIN;
        break;
      }
      // Bytes as they are: a character may be split between two reads.
      for (const byte of this.#buffer.subarray(0, count)) this.#text += String.fromCharCode(byte);
    }
    for (;;) {
      const match = /^([^\0]*)\0([^\0]*)\0([^\0]*)\0/.exec(this.#text);
      if (!match) return;
      this.#text = this.#text.slice(match[0].length);
      const command = fromBytes(match[3]!) || this.#typed.join("\n");
      this.#typed = [];
      if (command.trim() !== "") this.#onCommand(command, this.#workdir, Number(match[1]));
      this.#workdir = fromBytes(match[2]!);
    }
  }

  /** What the client sends to the terminal, before the terminal has it. */
  typed(data: Uint8Array): void {
    const state = this.#terminal === undefined ? 0 : terminalState(this.#terminal);
    if (typeof state === "number" || !state[0] || state[1] !== this.#shell) return;
    for (const byte of data) this.#type(byte);
  }

  /** The keys that a terminal's line editing knows by default. */
  #type(byte: number): void {
    if (byte === 0x0d || byte === 0x0a) {
      this.#typed.push(fromBytes(this.#line));
      this.#line = "";
    } else if (byte === 0x7f) {
      this.#line = toBytes(fromBytes(this.#line).slice(0, -1));
    } else if (byte === 0x17) {
      this.#line = this.#line.replace(/[^ ]* *$/, "");
    } else if (byte === 0x15 || byte === 0x03) {
      this.#line = "";
    } else if (byte >= 0x20 || byte === 0x09) {
      this.#line += String.fromCharCode(byte);
    }
  }
}

function fromBytes(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}

function toBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
