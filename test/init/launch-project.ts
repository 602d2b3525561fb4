import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";
export const slipwayInit = fileURLToPath(
  new URL(`../../dist/agent/slipway-init-linux-${architecture}`, import.meta.url),
);

export interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** unshare, whose only child is PID 1 of its namespaces. */
export interface Isolated extends PromiseLike<Ended> {
  readonly pid?: number;
}

/** PID 1 of the namespaces, as this machine numbers it. */
export async function initOf({ pid }: Isolated): Promise<number> {
  return Number(await until(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim(), "PID 1"));
}

const PATIENCE_MS = 30_000;

/** Asks until the answer is neither undefined nor empty nor false. */
export async function until<T>(ask: () => T, what: string): Promise<T> {
  for (const start = Date.now(); Date.now() - start < PATIENCE_MS; await sleep(20)) {
    const answer = ask();
    if (answer) return answer;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A project in a temporary folder, and slipway-init over it. */
export interface LaunchProject extends Disposable {
  readonly root: string;
  /** Of a path in the folder. */
  path(name: string): string;
  /** Writes files of the folder; a text that begins with `#!` is made executable. */
  write(files: Readonly<Record<string, string>>): void;
  /** As on the command line, with the project's launch file; in `env` only, but for PATH. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** The same as PID 1 of namespaces of its own. */
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Isolated;
}

/** `launchFile`: YAML behind name, project and data. */
export function makeProject(launchFile: string, files: Readonly<Record<string, string>> = {}): LaunchProject {
  const root = mkdtempSync(join(tmpdir(), "slipway-launch-"));
  chmodSync(root, 0o755);
  const path = (name: string) => join(root, name);
  const write = (contents: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(contents)) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
    }
  };
  write({ "launch.yaml": `name: shop\nproject: ${path("project")}\ndata: ${path("data")}\n${launchFile}`, ...files });
  for (const folder of ["project", "data"]) mkdirSync(path(folder), { recursive: true });

  const withFile = ([word, ...rest]: readonly string[]) => [word!, "--file", path("launch.yaml"), ...rest];
  const spawn = (program: string, words: readonly string[], env: Readonly<Record<string, string>>) =>
    execa(program, words, { env: { PATH: process.env.PATH!, ...env }, extendEnv: false, reject: false, cwd: root });
  return {
    root,
    path,
    write,
    run: async (words, env = {}) => {
      const { exitCode, stdout, stderr } = await spawn(slipwayInit, withFile(words), env);
      return { exitCode, stdout, stderr };
    },
    start: (words, env = {}) =>
      spawn("unshare", ["--pid", "--fork", "--mount-proc", slipwayInit, ...withFile(words)], env),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
