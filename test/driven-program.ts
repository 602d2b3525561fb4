import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { SessionEvent, StateView } from "../src/index.ts";
import { program } from "./e2e/program.ts";

/** A line that `slipway hack --json` printed. */
export type Line =
  | SessionEvent
  | { readonly type: "version" }
  | { readonly type: "command"; readonly text: string }
  | { readonly type: "states"; readonly states: readonly StateView[] }
  | { readonly type: "error"; readonly code: string; readonly message: string };

/** What came of a command. */
export interface Answer {
  readonly events: readonly Line[];
  /** States of the session after it. */
  readonly states: readonly StateView[];
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

export interface DriveOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Kills the program with SIGKILL as soon as it has printed this line: number and line, from 1. */
  readonly killAt?: (line: Line, number: number) => boolean;
}

/**
 * The built program, given one command after the other as another program would: each when the one before is done. All that
 * it prints is read as it comes.
 */
export class DrivenProgram implements AsyncDisposable {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #closed: Promise<unknown>;
  #wake = () => {};
  #ended = false;

  constructor({ args, cwd, env, killAt }: DriveOptions) {
    this.#child = spawn(process.execPath, [program, "hack", "--script", "-", "--json", "--keep-going", ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: "pipe",
    });
    this.#child.stdin!.on("error", () => {});
    this.#stderr = text(this.#child.stderr!);
    const reader = createInterface({ input: this.#child.stdout! });
    reader.on("line", (line) => {
      // What it had printed when it was killed still comes.
      if (this.#child.killed) return;
      this.lines.push(JSON.parse(line) as Line);
      if (killAt?.(this.lines.at(-1)!, this.lines.length)) this.kill();
      this.#wake();
    });
    this.#closed = Promise.all([once(reader, "close"), once(this.#child, "close")]).then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }
  get wasKilled(): boolean {
    return this.#child.signalCode === "SIGKILL";
  }
  /** The session's id. */
  get session(): string | undefined {
    return this.lines.find((line) => line.type === "opened")?.session;
  }

  /** Hands in a command; resolves with what came of it. Throws when the program ends before that. */
  async ask(command: string): Promise<Answer> {
    const from = this.lines.length;
    this.write(command);
    this.write("states");
    for (;;) {
      const at = this.lines.findIndex((line, index) => index >= from && line.type === "states");
      if (at >= 0) {
        const events = this.lines.slice(from, at);
        const { states } = this.lines[at] as Line & { type: "states" };
        return { events, states, errors: events.filter((line) => line.type === "error") };
      }
      if (this.#ended) {
        throw new Error(
          `the program ended at '${command}': ${await this.#stderr}${JSON.stringify(this.lines.slice(-2))}`,
        );
      }
      await this.#change();
    }
  }

  /** Like `ask`, for what has to go well. */
  async require(command: string): Promise<Answer> {
    const answer = await this.ask(command);
    const [error] = answer.errors;
    if (!error) return answer;
    const said = answer.events.flatMap((line) => {
      if (line.type === "step-finished") return [line.message ?? ""];
      return line.type === "output" && "text" in line ? [String(line.text)] : [];
    });
    throw new Error(`${command}: ${error.message}\n${said.join("")}`);
  }

  /** Hands in a command and waits for nothing. */
  write(command: string): void {
    this.#child.stdin!.write(`${command}\n`);
  }

  /** Waits for a line. */
  async until(isIt: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(isIt);
      if (found) return found;
      if (this.#ended) throw new Error(`the program ended: ${await this.#stderr}`);
      await this.#change();
    }
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Hands in no more; resolves when the program has ended. */
  async end(): Promise<number | null> {
    this.#child.stdin!.end();
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.kill();
    await this.#closed;
  }
}
