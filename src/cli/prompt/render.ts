import { ExitCode } from "../../errors.ts";
import { formatDuration, formatSize } from "../../format.ts";
import { describeTrigger, type OutsideChange, type SessionEvent, type StateView, type StepView } from "../../index.ts";
import type { FileChange } from "../../protocol/messages.ts";
import type { Style } from "../output/style.ts";
import { cutToWidth } from "../output/table.ts";
import { createSideBySide } from "./side-by-side.ts";

/** Turns events into what a terminal or a log shows. Output of steps passes through byte by byte. */
export interface Renderer {
  render(event: SessionEvent): readonly (string | Uint8Array)[];
  /** Ends a line that is still open, before something else is printed. */
  endLine(): string;
}

export interface RendererOptions {
  readonly style: Style;
  /** Width of the terminal; undefined: lines are not cut. */
  readonly columns: () => number | undefined;
  /** Nobody typed the commands, so that they are shown. */
  readonly echo: boolean;
}

/**
 * A step is one line while it prints nothing (`[3/9] WORKDIR /src  2ms`); its output, if any, stands below and is
 * followed by a line of how it ended.
 */
export function createRenderer({ style, columns, echo }: RendererOptions): Renderer {
  let steps: readonly StepView[] = [];
  /** The step whose heading waits for its end on the same line: its number, or its name in the clean rebuild. */
  let heading: number | string | undefined;
  let midLine = false;
  let session = "";
  let hinted = echo;
  /** Steps that run now; while there are several, each line of output tells whose it is. */
  const running = new Set<number>();
  const sideBySide = createSideBySide((step) => style.faint(`${step} |`));

  function endLine(): string {
    const open = heading !== undefined || midLine;
    heading = undefined;
    midLine = false;
    return open ? "\n" : "";
  }
  const line = (text: string) => `${endLine()}${text}\n`;
  const label = (number: number) => `[${number}/${Math.max(number, steps.at(-1)?.number ?? 0)}]`;
  const labelled = (step: StepView) => fitted(`${style.name(label(step.number))} ${step.summary}`, 12);
  const arrow = (step: StepView) => `${style.current("=>")} ${labelled(step)}`;
  function fitted(text: string, reserve: number): string {
    const width = columns();
    return width === undefined ? text : cutToWidth(text, Math.max(20, width - reserve));
  }

  function finished(step: StepView, message: string | undefined): string {
    const took = step.milliseconds === undefined ? undefined : formatDuration(step.milliseconds);
    const time = step.cached ? "cached" : took;
    const size = step.size === undefined || step.size === 0 ? undefined : formatSize(step.size);
    if (step.status !== "failed") {
      const what = [time, size].filter((each) => each !== undefined).join(", ");
      const sameLine = heading === step.number;
      heading = sameLine ? undefined : heading;
      return sameLine
        ? `  ${style.faint(what)}\n`
        : line(style.faint(`${label(step.number)} ${step.cached ? "" : "done in "}${what}`));
    }
    const code = step.exitCode === undefined ? "" : ` with exit code ${step.exitCode}`;
    const after = time === undefined ? "" : ` after ${time}`;
    const text = line(style.error(`${label(step.number)} failed${code}${after}`));
    return message === undefined ? text : `${text}${message}\n`;
  }

  function buildStep({ name, state }: Extract<SessionEvent, { type: "build-step" }>): string {
    const text = `${style.name("[build]")} ${fitted(name, 20)}`;
    if (state === "failed") return line(style.error(`[build] failed: ${name}`));
    if (state === "started") {
      const started = `${endLine()}${text}`;
      heading = name;
      return started;
    }
    const cached = state === "cached" ? `  ${style.faint("cached")}` : "";
    if (heading !== name) return cached === "" ? "" : line(`${text}${cached}`);
    heading = undefined;
    return `${cached}\n`;
  }

  function renderText(event: Exclude<SessionEvent, { type: "output" }>): string {
    switch (event.type) {
      case "opened": {
        steps = event.steps;
        const count = `${steps.length} step${steps.length === 1 ? "" : "s"}`;
        const again = event.resumed ? ", taken up again" : "";
        session = event.session;
        const text = line(`Session ${style.name(session)}${again}: ${event.dockerfile}, ${count}, on ${event.engine}`);
        const current = steps.find((step) => step.current);
        if (echo || current === undefined) return text;
        return text + line(style.faint("`help` lists the commands.")) + line(arrow(current));
      }
      case "step-started": {
        const text = `${endLine()}${labelled(event.step)}`;
        heading = event.step.number;
        running.add(heading);
        return text;
      }
      case "progress":
        return line(style.faint(event.message));
      case "step-finished": {
        const { number } = event.step;
        running.delete(number);
        const rest = sideBySide.finish(number);
        return `${rest === "" ? "" : endLine()}${rest}${finished(event.step, event.message)}`;
      }
      case "left-behind": {
        const processes = event.processes.map(({ pid, command }) => `${command} (${pid})`).join(", ");
        return line(`${style.warning("left behind and ended:")} ${processes}`);
      }
      case "hand-started":
        return echo ? line(`! ${event.command}`) : endLine();
      case "hand-finished":
        // What is typed in a shell is told when the shell has ended.
        if (event.edit.kind === "shell") return endLine();
        // An application that was asked to end, as Ctrl-C asks, did not fail.
        if (event.edit.kind === "launch" && event.edit.exitCode === ExitCode.interrupted) return endLine();
        return handFinished(event.edit.exitCode, changedCount(event.edit.changes));
      case "checkpoint": {
        const time = formatDuration(event.milliseconds);
        return line(style.faint(`checkpoint after step ${event.step} in ${time}`));
      }
      case "dockerfile-changed": {
        steps = event.steps;
        const stale = steps.filter((step) => step.status === "stale").map((step) => step.number);
        const which = stale.length === 0 ? "" : `; stale: ${rangesOf(stale)}`;
        return line(`${event.outside ? describeOutside(event.outside) : "The session's Dockerfile changed"}${which}`);
      }
      case "restored": {
        const again = event.replayed.length === 0 ? "" : `, ran ${rangesOf(event.replayed)} again`;
        return line(style.faint(`back at the state before step ${event.step}${again}`));
      }
      case "taken": {
        const time = formatDuration(event.milliseconds);
        return line(`${style.name(`[${rangesOf(event.steps)}]`)} kept from before  ${style.faint(`saves ${time}`)}`);
      }
      case "moved":
        return line(describeState(event.state));
      case "stopped":
        running.clear();
        return stopped(event);
      case "build-step":
        return buildStep(event);
      case "tagged":
        return line(`${style.success("tagged")} ${style.name(event.name || "an image")} (${shortId(event.image)})`);
      case "watching":
        return line(style.faint(describeWatch(event)));
      case "files-changed":
        return line(`${style.name("changed:")} ${fitted(event.paths.join(", "), 10)}`);
      case "replayed":
        return replayed(event);
      case "launched": {
        const where = event.addresses.length === 0 ? "" : ` at ${event.addresses.join(", ")}`;
        return line(`${style.success("launched")} ${event.command.join(" ")}${where}`);
      }
      case "notice":
        return line(event.level === "warning" ? `${style.warning("warning:")} ${event.message}` : event.message);
      case "closed":
        return line(event.removed ? "The session is removed." : `The session stays: slipway hack --resume ${session}`);
    }
  }

  function handFinished(exitCode: number, changes: number): string {
    const parts = [
      exitCode === 0 ? undefined : style.error(`exit code ${exitCode}`),
      changes === 0 ? undefined : style.faint(`${changes} file${changes === 1 ? "" : "s"} changed`),
    ].filter((each) => each !== undefined);
    return parts.length === 0 ? endLine() : line(parts.join(", "));
  }

  function stopped({ reason, step, breakpoint, trigger }: Extract<SessionEvent, { type: "stopped" }>): string {
    if (reason === "end") return line(style.success("All steps are done."));
    const here = steps.find((each) => each.number === step);
    const next = here === undefined || here.number === trigger?.step ? "" : arrow(here);
    if (reason === "failure") {
      const hint = "Look with `diff`, `output` and `shell`; mend with `run` and `adopt`, or with `edit`; then `retry`.";
      const text = hinted ? endLine() : line(style.faint(hint));
      hinted = true;
      return text;
    }
    if (reason === "interrupted") return line(style.warning(`interrupted at step ${step}`));
    if (reason === "breakpoint" && breakpoint !== undefined) {
      const why = trigger === undefined ? "" : `: ${describeTrigger(trigger)}`;
      return line(`break point ${breakpoint.id} (${breakpoint.condition})${why}`) + (next === "" ? "" : line(next));
    }
    return next === "" ? endLine() : line(next);
  }

  function replayed({ ran, milliseconds, reason, application }: Extract<SessionEvent, { type: "replayed" }>): string {
    if (reason === "failure") return line(style.warning("waiting for the next save"));
    const steps = ran.length === 0 ? undefined : `step${ran.length === 1 ? "" : "s"} ${rangesOf(ran)}`;
    const where = application?.addresses.length ? ` at ${style.name(application.addresses.join(", "))}` : "";
    const runs = application === undefined ? undefined : `${application.command.join(" ")} runs${where}`;
    const what = [steps ?? "no step was due", runs].filter((each) => each !== undefined).join("; ");
    return line(`${style.success(`up to date in ${formatDuration(milliseconds)}:`)} ${what}`);
  }

  return {
    endLine,
    render(event) {
      if (event.type !== "output") {
        const text = renderText(event);
        return text === "" ? [] : [text];
      }
      if (event.data.length === 0) return [];
      if (!event.hand && running.size > 1) {
        const lines = sideBySide.add(event.of, event.data);
        return lines === "" ? [] : [endLine(), lines].filter((text) => text !== "");
      }
      // Output that goes on in the middle of a line belongs to the line before it.
      const rest = event.hand ? "" : sideBySide.finish(event.of);
      const before = (heading === undefined && rest === "" ? "" : endLine()) + rest;
      midLine = event.data.at(-1) !== 0x0a;
      return before === "" ? [event.data] : [before, event.data];
    },
  };
}

/** `back at s12, after step 5: RUN make` */
function describeState({ id, kind, label, step }: StateView): string {
  const where = {
    begin: "the beginning",
    step: `after step ${step}: ${label}`,
    failed: `what the failed step ${step} left: ${label}`,
    hand: `after what was done by hand: ${label}`,
    edit: `after an edit of the Dockerfile: ${label}`,
    lost: label,
  };
  return `at s${id}, ${where[kind]}`;
}

/** A folder whose times changed because something in it did is no change of its own. */
export function changedCount(changes: readonly FileChange[]): number {
  return changes.filter((change) => change.timesOnly !== true).length;
}

/** `3-5, 7` */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}

function describeWatch({ folders, until }: Extract<SessionEvent, { type: "watching" }>): string {
  const what =
    folders === 0 ? "looking for changes every few seconds" : `watching ${folders} folder${folders === 1 ? "" : "s"}`;
  return `${what}${until === undefined ? "" : `, to replay up to step ${until}`}; Ctrl-C leaves`;
}

function describeOutside({ merged, changed, removed }: OutsideChange): string {
  const parts = [
    changed.length === 0 ? undefined : `step${changed.length === 1 ? "" : "s"} ${rangesOf(changed)}`,
    removed.length === 0 ? undefined : `without ${removed.join(", ")}`,
  ].filter((each) => each !== undefined);
  const what = parts.length === 0 ? "comments or layout only" : parts.join("; ");
  return `The Dockerfile changed on disk, ${merged ? "merged with the session's" : "taken over"}: ${what}`;
}

function shortId(image: string): string {
  return image.replace(/^sha256:/, "").slice(0, 12);
}
