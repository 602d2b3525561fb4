import type { BuildEvent } from "../../build/build-events.ts";
import { formatDuration, formatSize } from "../../format.ts";
import type { CliContext } from "../context.ts";
import type { BuildProgress } from "./build-progress.ts";
import { builderLine, warningLine } from "./plain-build-progress.ts";
import { showProgress } from "./progress.ts";
import { styleFor } from "./style.ts";

interface RunningStep {
  readonly name: string;
  /** By this machine's clock. */
  readonly since: number;
  /** By the engine's. */
  readonly started: number;
  /** The last lines of its output; the last one may be incomplete. */
  lines: string[];
  readonly transfers: Map<string, string>;
}

const tailLines = 6;
const tickMilliseconds = 100;

/** On a terminal: a line for good for each step that ended, below them the steps that run, with times and the end of their output. */
export function redrawnBuildProgress(context: CliContext): BuildProgress {
  const style = styleFor(context.stderr, context.env);
  const progress = showProgress(context);
  const running = new Map<string, RunningStep>();
  const ended = new Map<string, string>();
  let shown = 0;

  const redraw = () => {
    const lines = [...running.values()].flatMap(runningLines);
    for (const [index, text] of lines.entries()) progress.update(String(index), { text });
    for (let index = lines.length; index < shown; index++) progress.finish(String(index));
    shown = lines.length;
  };
  const timer = setInterval(redraw, tickMilliseconds).unref();

  const onStep = (event: Extract<BuildEvent, { type: "step" }>) => {
    if (event.state === "started") {
      if (!ended.has(event.step)) {
        running.set(event.step, {
          name: event.name,
          since: Date.now(),
          started: event.time,
          lines: [""],
          transfers: new Map(),
        });
      }
      return redraw();
    }
    const step = running.get(event.step);
    running.delete(event.step);
    // BuildKit tells of a base image first that it is done, then that it was cached: one line is enough.
    const repeated = ended.has(event.step);
    ended.set(event.step, event.state);
    redraw();
    if (repeated || event.state === "canceled") return;
    const time = step === undefined ? "" : formatDuration(Math.max(0, event.time - step.started));
    const mark = event.state === "failed" ? style.error("✗") : style.success("✓");
    progress.write(`${mark} ${event.name} ${style.faint(event.state === "cached" ? "cached" : time)}\n`);
  };

  return {
    listener: (event) => {
      if (event.type === "builder") progress.write(`${style.faint(builderLine(event))}\n`);
      else if (event.type === "step") onStep(event);
      else if (event.type === "notice") progress.write(`${event.message}\n`);
      else if (event.type === "warning") progress.write(`${style.warning(warningLine(event))}\n`);
      else if (event.type === "output") readOutput(running.get(event.step), event.data);
      else readTransfer(running.get(event.step), event);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      progress[Symbol.dispose]();
    },
  };
}

function runningLines({ name, since, lines, transfers }: RunningStep): string[] {
  const tail = lines.filter((line) => line !== "").slice(-tailLines);
  return [
    // The time first: a long instruction is cut at the edge of the screen.
    `${formatDuration(Date.now() - since).padStart(7)} ${name}`,
    ...[...transfers.values()].map((line) => `${" ".repeat(8)}${line}`),
    ...tail.map((line) => `${" ".repeat(8)}${line}`),
  ];
}

/** Control sequences would break the redrawing. */
function readOutput(step: RunningStep | undefined, data: Uint8Array): void {
  if (step === undefined) return;
  const text = Buffer.from(data)
    .toString()
    .replaceAll(/\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007|[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
  const [first = "", ...others] = text.split("\n");
  const all = [...step.lines.slice(0, -1), (step.lines.at(-1) ?? "") + first, ...others];
  step.lines = all.slice(-tailLines - 1).map((line) => line.replace(/^.*\r(?=.)/, "").replaceAll("\t", "  "));
}

function readTransfer(step: RunningStep | undefined, event: Extract<BuildEvent, { type: "transfer" }>): void {
  if (step === undefined) return;
  if (event.done) step.transfers.delete(event.id);
  else {
    const total = event.total === undefined ? "" : `/${formatSize(event.total)}`;
    step.transfers.set(event.id, `${event.name} ${formatSize(event.current)}${total}`);
  }
}
