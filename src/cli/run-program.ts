import { homedir } from "node:os";
import { ExitCode } from "../errors.ts";
import type { CliContext } from "./context.ts";
import { hideArguments } from "./hide-arguments.ts";
import { createProgram } from "./program.ts";

/** Runs a command line in the process that `main` hands over, and ends it. */
export async function runProgram(process: NodeJS.Process, words: readonly string[], version: string): Promise<void> {
  const title = hideArguments(words);
  // What `ps` shows of this process from now on.
  if (title !== undefined) process.title = title;
  const interrupts = catchInterrupts(process);
  quietBrokenPipe(process, process.stdout);
  quietBrokenPipe(process, process.stderr);
  let exitCode: number = ExitCode.ok;
  const context: CliContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    signal: interrupts.signal,
    onInterrupt: interrupts.onInterrupt,
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  const program = createProgram(context, version);
  try {
    await program.run(words);
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    const active = program.active()?.optsWithGlobals<{ json?: boolean; debug?: boolean }>();
    exitCode = reportError(context, error, {
      json: active?.json === true,
      debug: active?.debug === true || words.includes("--debug"),
      interrupted: interrupts.signal.aborted,
    });
  }
  // Connections kept alive for the next request must not keep the program alive.
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(exitCode);
}

/** The first Ctrl-C, SIGTERM or hang-up asks, the second leaves at once. */
function catchInterrupts(process: NodeJS.Process): Pick<CliContext, "signal" | "onInterrupt"> {
  const controller = new AbortController();
  const listeners: (() => void)[] = [];
  function interrupt(): void {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    controller.abort();
  }
  process.on("SIGINT", () => (listeners.at(-1) ?? interrupt)());
  process.on("SIGTERM", interrupt);
  process.on("SIGHUP", interrupt);
  return {
    signal: controller.signal,
    onInterrupt(listener) {
      listeners.push(listener);
      return () => {
        const index = listeners.indexOf(listener);
        if (index >= 0) listeners.splice(index, 1);
      };
    },
  };
}

/** `slipway … | head` is no error, nor is a terminal that was closed. */
function quietBrokenPipe(process: NodeJS.Process, stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(ExitCode.ok);
    if (error.code === "EIO") return;
    throw error;
  });
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
