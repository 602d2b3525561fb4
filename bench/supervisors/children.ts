import { spawnSync } from "node:child_process";
import { createReadStream, type ReadStream } from "node:fs";
import { join } from "node:path";

/**
 * The children that all supervisors get: a shell that tells its process id on a named pipe, then sleeps with the pipe open, so that the
 * pipe tells when each began and when the last has ended.
 */
export class Children {
  /** For `sh -c`. */
  readonly script: string;
  readonly #path: string;
  #stream: ReadStream | undefined;
  #partial = "";
  #unseen: { readonly pid: number; readonly at: number }[] = [];
  #wake: () => void = () => {};
  #ended = false;

  constructor(folder: string) {
    this.#path = join(folder, "children");
    this.script = `exec 3>${this.#path}; echo $$ >&3; exec sleep 100000`;
    const { status } = spawnSync("mkfifo", [this.#path]);
    if (status !== 0) throw new Error(`mkfifo ${this.#path}: exit status ${status}`);
  }

  /** Listens; to be called before the first child starts. */
  listen(): void {
    this.#stream = createReadStream(this.#path, { encoding: "utf8" });
    this.#stream.on("data", (text) => {
      const lines = `${this.#partial}${text}`.split("\n");
      this.#partial = lines.pop()!;
      this.#unseen.push(...lines.map((line) => ({ pid: Number(line), at: performance.now() })));
      this.#wake();
    });
    this.#stream.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The next children that begin; `at` is when the last of them did (`performance.now()`). */
  async began(count: number): Promise<{ readonly pids: readonly number[]; readonly at: number }> {
    await this.#until(() => this.#unseen.length >= count, `${count} children to begin`);
    const found = this.#unseen.splice(0, count);
    return { pids: found.map(({ pid }) => pid), at: found.at(-1)!.at };
  }

  /** Resolves when every child has ended. */
  async ended(): Promise<void> {
    await this.#until(() => this.#ended, "the children to end");
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const tooLate = Date.now() + 60_000;
    while (!isSo()) {
      const left = tooLate - Date.now();
      if (left <= 0) throw new Error(`waited a minute for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
