import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { messageOf, SlipwayError } from "../../errors.ts";
import type { Terminal } from "../../index.ts";
import type { TerminalSize } from "../../protocol/messages.ts";
import type { CliContext } from "../context.ts";

/** Gives every key to `work` as it is typed, Ctrl-C too, until it ends. */
export async function lendTerminal<Result>(
  context: Pick<CliContext, "stdin" | "stdout" | "env">,
  work: (terminal: Terminal) => Promise<Result>,
): Promise<Result> {
  const { stdin, stdout, env } = context;
  // A stream of its own: whoever reads it may end it.
  const input = new PassThrough();
  const pass = (data: Buffer) => void input.write(data);
  const size = (): TerminalSize => ({ rows: stdout.rows ?? 24, columns: stdout.columns ?? 80 });
  stdin.setRawMode?.(true);
  stdin.on("data", pass);
  stdin.resume();
  try {
    return await work({
      input,
      write: (data) => void stdout.write(data),
      get size() {
        return size();
      },
      onResize(listener) {
        const resized = () => listener(size());
        stdout.on("resize", resized);
        return () => void stdout.off("resize", resized);
      },
      name: env.TERM || "xterm",
    });
  } finally {
    stdin.off("data", pass);
    stdin.pause();
    stdin.setRawMode?.(false);
    input.end();
  }
}

/** Runs a program of the user's own machine on the terminal. */
export async function runProgram(command: readonly string[]): Promise<number> {
  const [program, ...args] = command;
  const child = spawn(program!, args, { stdio: "inherit" });
  try {
    const [exitCode] = (await once(child, "exit")) as [number | null];
    return exitCode ?? 1;
  } catch (cause) {
    throw new SlipwayError("EDITOR_FAILED", `cannot start ${program}: ${messageOf(cause)}`, {
      hint: "set VISUAL or EDITOR to your editor",
      cause,
    });
  }
}
