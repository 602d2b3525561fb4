import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";

export const program = join(import.meta.dirname, `../../dist/agent/slipway-init-linux-${architecture}`);

const PATIENCE_MS = 20_000;

export async function until<T>(
  ask: () => T | Promise<T>,
  what: string,
  patience = PATIENCE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  for (const start = Date.now(); ; ) {
    const answer = await ask();
    if (answer) return answer as NonNullable<Exclude<T, false>>;
    if (Date.now() - start > patience) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

/** A folder of its own for a test, gone with it. */
export async function temporaryFolder(): Promise<
  AsyncDisposable & { readonly path: string; file(name: string): string }
> {
  const path = await mkdtemp(join(tmpdir(), "slipway-supervised-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly output: () => string;
  readonly errors: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when standard output or error has this. */
  saw(text: string | RegExp): Promise<void>;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** As PID 1 of a namespace of its own. */
  readonly isolated?: boolean;
  readonly before?: readonly string[];
  readonly name?: string;
}

/** Runs the program; with `isolated` below unshare, whose child it is then. */
export function run(args: readonly string[], { env, isolated = false, before = [] }: RunOptions = {}): Running {
  const isolation = isolated ? ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] : [];
  const [file, ...words] = [...isolation, ...before, program, ...args];
  const child: ChildProcess = spawn(file!, words, { stdio: ["ignore", "pipe", "pipe"], ...(env && { env }) });
  let output = "";
  let errors = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  const has = (text: string | RegExp) => (where: string) =>
    typeof text === "string" ? where.includes(text) : text.test(where);
  return {
    pid: child.pid!,
    output: () => output,
    errors: () => errors,
    ended,
    kill: (signal) => child.kill(signal),
    saw: async (text) => {
      await until(() => [output, errors].some(has(text)), `${text} in the output:\n${output}\n${errors}`);
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // Killed alone it would leave its children, with our pipes.
      const children = isolated ? [] : await listChildren(child.pid!);
      child.kill(isolated ? "SIGKILL" : "SIGTERM");
      const patience = setTimeout(() => {
        for (const pid of [child.pid!, ...children]) signal(pid, "SIGKILL");
      }, 3000);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** Writes the ini file and supervises it. */
export async function supervise(
  folder: { readonly path: string },
  ini: string,
  options: RunOptions & { readonly args?: readonly string[] } = {},
): Promise<Running> {
  const file = join(folder.path, `${options.name ?? "circus"}.ini`);
  await writeFile(file, ini);
  return run([...(options.args ?? []), file], options);
}

export async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** One that is gone already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly group: number;
  readonly session: number;
}

/** Undefined when it is gone. */
export async function readProcess(pid: number): Promise<ProcessFacts | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state, parent, group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, state: state!, parent: Number(parent), group: Number(group), session: Number(session) };
}

export async function listChildren(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Sends a control message and gives its answer. */
export async function ask(
  endpoint: string,
  command: string,
  properties: object = {},
): Promise<Record<string, unknown>> {
  const socket = connect(endpoint);
  socket.setEncoding("utf8");
  socket.write(`${JSON.stringify({ id: "1", command, properties })}\n`);
  try {
    let answer = "";
    for await (const part of socket) {
      answer += part;
      if (answer.includes("\n")) return JSON.parse(answer);
    }
    throw new Error(`no answer to ${command}`);
  } finally {
    socket.destroy();
  }
}
