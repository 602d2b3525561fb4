import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough, type Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { CliContext } from "../../src/cli/context.ts";
import { createProgram } from "../../src/cli/program.ts";
import { reportError } from "../../src/cli/report-error.ts";
import type { EngineClient } from "../../src/engine/client.ts";
import {
  attachContainer,
  createContainer,
  removeContainer,
  startContainer,
  waitContainer,
} from "../../src/engine/containers.ts";

/** A folder with these files, gone when disposed. */
export function contextFolder(files: Readonly<Record<string, string>>): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "slipway-build-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface ProgramRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: CliContext["env"];
  readonly stdin?: Readable;
  readonly signal?: AbortSignal;
  /** Called with each piece of standard error. */
  readonly onError?: (piece: string) => void;
}

/** Runs the program in this process, with pipes for a terminal. */
export async function runProgram(words: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  let exitCode = 0;
  const { signal = new AbortController().signal } = options;
  const context: CliContext = {
    stdin: options.stdin ?? new PassThrough().end(),
    stdout: collect(stdout),
    stderr: collect(stderr, options.onError),
    env: { PATH: process.env.PATH, DOCKER_HOST: process.env.DOCKER_HOST, ...options.env },
    cwd: options.cwd,
    home: options.cwd,
    signal,
    onInterrupt: () => () => {},
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  try {
    await createProgram(context, "0").run([...words]);
  } catch (error) {
    exitCode = reportError(context, error, { json: false, debug: false, interrupted: signal.aborted });
  }
  return { exitCode, stdout: stdout.join(""), stderr: stderr.join("") };
}

function collect(pieces: string[], listener?: (piece: string) => void): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      pieces.push(String(chunk));
      listener?.(String(chunk));
      done();
    },
  });
}

/** What a command prints in a container of the image. */
export async function outputOf(engine: EngineClient, image: string, command: string): Promise<string> {
  const id = await createContainer(engine, {
    image,
    command: ["sh", "-c", command],
    labels: { "slipway.test": "build" },
    openStdin: false,
    tty: false,
    networkMode: "none",
  });
  try {
    const streams = await attachContainer(engine, id);
    await startContainer(engine, id);
    const [output] = await Promise.all([text(streams.stdout), text(streams.stderr), waitContainer(engine, id)]);
    return output;
  } finally {
    await removeContainer(engine, id, { force: true });
  }
}
