import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a command to its end; resolves with the milliseconds that it took, rejects when it failed. */
export async function timeCommand(words: readonly string[], options: CommandOptions = {}): Promise<number> {
  const start = performance.now();
  await runCommand(words, options);
  return performance.now() - start;
}

/** Resolves with standard output. */
export function runCommand(words: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [program, ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${words.join(" ")}: exit status ${code}\n${output.slice(-2000)}${errors.slice(-2000)}`));
    });
    if (options.input === undefined) child.stdin.end();
    else child.stdin.end(options.input);
  });
}
