#!/usr/bin/env node
import { homedir } from "node:os";
import { ExitCode } from "../errors.ts";
import type { CliContext } from "./context.ts";

declare const SLIPWAY_VERSION: string;

const words = process.argv.slice(2);

// Answered before anything is loaded: editors and scripts ask for it all the time.
if (words.length === 1 && (words[0] === "--version" || words[0] === "-v")) {
  process.stdout.write(`${SLIPWAY_VERSION}\n`);
} else {
  await run();
}

async function run(): Promise<void> {
  const { createProgram } = await import("./program.ts");
  const interrupts = catchInterrupts();
  quietBrokenPipe(process.stdout);
  quietBrokenPipe(process.stderr);
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
  const program = createProgram(context, SLIPWAY_VERSION);
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
function catchInterrupts(): Pick<CliContext, "signal" | "onInterrupt"> {
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
function quietBrokenPipe(stream: NodeJS.WriteStream): void {
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
