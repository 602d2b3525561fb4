import { delimiter } from "node:path";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { SlipwayError } from "../../errors.ts";
import type { BootstrapOptions } from "./bootstrap.ts";

import { readableLines } from "./readable-lines.ts";
import { describeToolLine } from "./tool-lines.ts";

export interface ToolRun {
  readonly stdout: Readable;
  /** Rejects with BOOTSTRAP_FAILED and the tool's last words. */
  readonly finished: Promise<void>;
}

const lastWords = 12;

export interface ToolSettings {
  /** The stream on which it tells what it does; default: standard error. */
  readonly talksOn?: "stdout" | "stderr";
  /** Where it keeps its own files meanwhile. */
  readonly temporaryFolder?: string;
}

/** Runs a bootstrap tool; what it tells becomes progress. */
export function runTool(
  tool: string,
  args: readonly string[],
  options: BootstrapOptions,
  { talksOn = "stderr", temporaryFolder }: ToolSettings = {},
): ToolRun {
  const { env, sourceDate, signal, onProgress } = options;
  const run = execa(tool, args, {
    env: {
      // debootstrap and what it runs live where users have no PATH to.
      PATH: [env.PATH ?? "", "/usr/sbin", "/sbin"].join(delimiter),
      SOURCE_DATE_EPOCH: String(sourceDate),
      LC_ALL: "C.UTF-8",
      DEBIAN_FRONTEND: "noninteractive",
      ...(temporaryFolder === undefined ? {} : { TMPDIR: temporaryFolder }),
    },
    stdin: "ignore",
    // Ctrl-C must reach it once, from us: a second signal while it cleans up would leave mounts behind.
    detached: true,
    buffer: false,
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const words: string[] = [];
  const listening = [run.stderr, ...(talksOn === "stdout" ? [run.stdout] : [])].map(async (stream) => {
    for await (const line of readableLines(stream)) {
      words.push(line);
      if (words.length > lastWords) words.shift();
      const text = describeToolLine(line);
      if (text !== undefined) onProgress(text);
    }
  });
  const finished = (async () => {
    const [result] = await Promise.all([run, ...listening]);
    signal?.throwIfAborted();
    if (result.failed) throw failure(tool, words);
  })();
  // Whoever awaits it hears of it; until then it must not end the process.
  finished.catch(() => {});
  return { stdout: run.stdout, finished };
}

function failure(tool: string, words: readonly string[]): SlipwayError {
  const said =
    words.filter((line) => /^E: /.test(line)).length > 0 ? words.filter((line) => /^[EW]: /.test(line)) : words;
  const hint = words.some((line) => /newuidmap|subuid|unshare|must be root|can only be run as root/i.test(line))
    ? "run it as root, or allow user namespaces: see mmdebstrap(1), unshare mode"
    : undefined;
  return new SlipwayError("BOOTSTRAP_FAILED", [`${tool} failed`, ...said.map((line) => `  | ${line}`)].join("\n"), {
    hint,
  });
}
