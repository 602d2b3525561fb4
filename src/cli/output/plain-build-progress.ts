import type { Writable } from "node:stream";
import type { BuildEvent } from "../../build/build-events.ts";
import { formatSize } from "../../format.ts";
import type { BuildProgress } from "./build-progress.ts";

interface PlainStep {
  readonly number: number;
  readonly started: number;
  /** The part of a line that has come so far. */
  rest: string;
}

/** Lines like those of BuildKit's own `--progress=plain`: `#3 [2/3] RUN make`, `#3 0.212 cc main.c`, `#3 DONE 1.2s`. */
export function plainBuildProgress(stderr: Writable): BuildProgress {
  const steps = new Map<string, PlainStep>();
  const print = (line: string) => void stderr.write(`${line}\n`);

  const endOutput = (step: PlainStep) => {
    if (step.rest !== "") printOutput(step, step.rest);
    step.rest = "";
  };
  const printOutput = (step: PlainStep, line: string) =>
    print(
      `#${step.number} ${((Date.now() - step.started) / 1000).toFixed(3)} ${line.replace(/^.*\r(?=.)/, "").trimEnd()}`,
    );

  const onStep = (event: Extract<BuildEvent, { type: "step" }>) => {
    let step = steps.get(event.step);
    if (step === undefined) {
      step = { number: steps.size + 1, started: event.time, rest: "" };
      steps.set(event.step, step);
      print(`#${step.number} ${event.name}`);
    }
    if (event.state === "started") return;
    endOutput(step);
    const seconds = ((event.time - step.started) / 1000).toFixed(1);
    if (event.state === "failed") print(`#${step.number} ERROR: ${event.error}`);
    else print(`#${step.number} ${event.state === "done" ? `DONE ${seconds}s` : event.state.toUpperCase()}`);
  };

  return {
    listener: (event) => {
      if (event.type === "builder") print(builderLine(event));
      else if (event.type === "step") onStep(event);
      else if (event.type === "notice") print(event.message);
      else if (event.type === "warning") print(warningLine(event));
      else {
        const step = steps.get(event.step);
        if (step === undefined) return;
        if (event.type === "transfer") {
          if (event.done)
            print(`#${step.number} ${event.name}${event.current > 0 ? ` ${formatSize(event.current)}` : ""} done`);
          return;
        }
        const lines = (step.rest + Buffer.from(event.data).toString()).split("\n");
        step.rest = lines.pop()!;
        for (const line of lines) printOutput(step, line);
      }
    },
    [Symbol.dispose]: () => {
      for (const step of steps.values()) endOutput(step);
    },
  };
}

export function builderLine({ builder, reason }: Extract<BuildEvent, { type: "builder" }>): string {
  const name = builder === "buildkit" ? "BuildKit" : "the classic builder";
  return `building with ${name}${reason === undefined ? "" : `: ${reason}`}`;
}

export function warningLine({ message, line, url }: Extract<BuildEvent, { type: "warning" }>): string {
  return `warning: ${line === undefined ? "" : `line ${line}: `}${message}${url === undefined ? "" : ` (${url})`}`;
}
