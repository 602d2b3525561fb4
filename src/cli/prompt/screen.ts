import { once } from "node:events";
import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";
import { EVENTS_VERSION, type SessionEvent } from "../../index.ts";
import type { CliContext } from "../context.ts";
import { showProgress } from "../output/progress.ts";
import { styleFor } from "../output/style.ts";
import { reportError } from "../report-error.ts";
import { createLineEncoder, type ScriptEvent } from "./event-lines.ts";
import { createRenderer } from "./render.ts";
import { renderResult } from "./render-results.ts";
import type { CommandResult } from "./results.ts";
import { showStepProgress } from "./step-progress.ts";

/** Where all that happens in a session is shown: for people, or for programs. */
export interface Screen extends Disposable {
  /** A promise holds the session back while the reader of our output is slower. */
  event(event: SessionEvent): void | Promise<void>;
  result(result: CommandResult): void | Promise<void>;
  /** A command begins. */
  command(event: Extract<ScriptEvent, { type: "command" }>): void;
  /** A command failed. `place`: file and line of a script. */
  error(error: unknown, place: { readonly text: string; readonly line: number } | undefined): void;
  /** Makes room for what others write on the terminal: the prompt, a shell, an editor. */
  release(): void;
}

type Streams = Pick<CliContext, "stdout" | "stderr" | "env">;

export function textScreen(context: Streams, options: { readonly interactive: boolean }): Screen {
  const { stdout, env } = context;
  const style = styleFor(stdout, env);
  const columns = () => (stdout.isTTY === true ? stdout.columns : undefined);
  const renderer = createRenderer({ style, columns, echo: !options.interactive });
  // One terminal shows both: progress is drawn where the output goes, so that each knows of the other.
  const progress = stdout.isTTY === true ? showProgress({ stderr: stdout, env }) : undefined;
  const stepProgress = showStepProgress(progress, endLine, (event) => {
    for (const chunk of renderer.render(event)) stdout.write(chunk);
  });

  function endLine(): void {
    const open = renderer.endLine();
    if (open !== "") stdout.write(open);
  }
  function write(chunk: string | Uint8Array): void | Promise<void> {
    if (chunk.length === 0 || stdout.write(chunk)) return;
    return once(stdout, "drain").then(() => {});
  }
  return {
    event(event) {
      if (event.type === "progress") return stepProgress.update(event);
      stepProgress.clear();
      const writes = renderer.render(event).map(write);
      return writes.some((each) => each !== undefined) ? Promise.all(writes).then(() => {}) : undefined;
    },
    result(result) {
      if (result.type === "step-output") return write(result.data);
      const lines = renderResult(result, style, columns());
      return write(renderer.endLine() + lines.map((line) => `${line}\n`).join(""));
    },
    command() {},
    error(error, place) {
      stepProgress.clear();
      endLine();
      const shown = place === undefined || !(error instanceof SlipwayError) ? error : placed(error, place.text);
      reportError(context, shown, { json: false, debug: false, interrupted: false });
    },
    release() {
      stepProgress.clear();
      endLine();
    },
    [Symbol.dispose]() {
      stepProgress.clear();
      progress?.[Symbol.dispose]();
    },
  };
}

export function jsonScreen({ stdout }: Streams, program: string): Screen {
  const encode = createLineEncoder();
  function write(event: Parameters<typeof encode>[0]): void | Promise<void> {
    const text = encode(event);
    if (text === "" || stdout.write(text)) return;
    return once(stdout, "drain").then(() => {});
  }
  void write({ type: "version", version: EVENTS_VERSION, program });
  return {
    event: write,
    result: write,
    command: (event) => void write(event),
    error(error, place) {
      const known = error instanceof SlipwayError ? error : undefined;
      void write({
        type: "error",
        line: place?.line,
        code: known?.code ?? "INTERNAL",
        message: messageOf(error),
        hint: known?.hint,
        exitCode: known?.exitCode ?? ExitCode.internal,
      });
    },
    release() {},
    [Symbol.dispose]() {},
  };
}

/** The same error, its message beginning with the place in the script. */
export function placed(error: SlipwayError, place: string): SlipwayError {
  const { code, hint, exitCode } = error;
  return new SlipwayError(code, `${place}: ${error.message}`, { hint, exitCode, cause: error });
}
