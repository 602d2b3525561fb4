import { formatDuration, formatSize } from "../../format.ts";
import type { Adoptable, HandEdit, StepView } from "../../index.ts";
import type { FileChange } from "../../protocol/messages.ts";
import type { Style } from "../output/style.ts";
import { cutToWidth, layTable } from "../output/table.ts";
import { letterOf } from "./adopt-choice.ts";
import { changedCount } from "./render.ts";
import { renderStates } from "./render-states.ts";
import type { CommandResult } from "./results.ts";

/** A command's answer as lines. `columns`: the terminal's width; undefined: nothing is cut. */
export function renderResult(
  result: Exclude<CommandResult, { type: "step-output" }>,
  style: Style,
  columns: number | undefined,
): readonly string[] {
  switch (result.type) {
    case "steps":
      return renderSteps(result.steps, result.around, style, columns);
    case "status":
      return renderStatus(result, style);
    case "states":
      return renderStates(result.states, style, columns);
    case "environment":
      return result.env;
    case "breakpoints":
      if (result.breakpoints.length === 0) return ["no break points"];
      return layTable(result.breakpoints.map(({ id, condition }) => [String(id), condition]));
    case "changes":
      return renderChanges(result, style);
    case "adoptable":
      return renderAdoptable(result.adoptable, style);
    case "shell-ended":
      return renderShellEnd(result.edits);
    case "addresses":
      if (result.addresses.length === 0) return ["the container has no address"];
      return layTable(result.addresses.map(({ network, address }) => [network, address]));
    case "written":
      if (result.patch === "") return [`${result.path} is like this already`];
      return [...colourPatch(result.patch, style), `${style.success("written")} ${result.path}`];
    case "refused":
      return [
        `${style.error("slipway:")} ${result.message}`,
        ...(result.hint === undefined ? [] : [`${style.hint("hint:")} ${result.hint}`]),
      ];
    case "note":
      return [result.message];
    case "help":
      return result.commands.length === 1
        ? renderCommandHelp(result.commands[0]!, style)
        : renderHelp(result.commands, style);
  }
}

/** Rows beside the wanted one, as many as gdb's `list` shows. */
const AROUND = 5;

function renderSteps(
  steps: readonly StepView[],
  around: number | undefined,
  style: Style,
  columns: number | undefined,
): readonly string[] {
  const near = (step: StepView) => around === undefined || Math.abs(step.number - around) <= AROUND;
  const shown = steps.filter(near);
  const rows = shown.map((step) => [
    `${step.breakpoint ? style.error("*") : " "}${step.current ? style.current("=>") : "  "}`,
    String(step.number),
    statusText(step, style),
    step.cached ? "cached" : step.milliseconds === undefined ? "" : formatDuration(step.milliseconds),
    step.size === undefined ? "" : formatSize(step.size),
    step.current ? style.name(step.summary) : step.summary,
  ]);
  const lines = layTable(rows, ["left", "right", "left", "right", "right", "left"]);
  return columns === undefined ? lines : lines.map((line) => cutToWidth(line, columns - 1));
}

function statusText({ status, exitCode }: StepView, style: Style): string {
  switch (status) {
    case "done":
      return style.success("done");
    case "failed":
      return style.error(exitCode === undefined ? "failed" : `failed (${exitCode})`);
    case "stale":
      return style.warning("stale");
    case "running":
      return style.current("running");
    default:
      return style.faint(status);
  }
}

function renderStatus(
  { status, breakpoints }: Extract<CommandResult, { type: "status" }>,
  style: Style,
): readonly string[] {
  const rows: [string, string | undefined][] = [
    ["session", status.id],
    ["Dockerfile", status.unsaved ? `${status.dockerfile} ${style.warning("(not written)")}` : status.dockerfile],
    ["on disk", status.outside && style.warning(status.outside)],
    ["stage", `${status.stage}, from ${status.image}`],
    ["steps", `${status.done} of ${status.total} done`],
    ["container", status.container?.slice(0, 12)],
    ["hand edits", status.handEdits === 0 ? undefined : String(status.handEdits)],
    ["application", status.application],
    ["break points", breakpoints.map(({ id, condition }) => `${id} (${condition})`).join(", ") || undefined],
  ];
  return layTable(rows.filter(([, value]) => value !== undefined).map(([name, value]) => [style.faint(name), value!]));
}

function renderChanges(
  { step, changes, patches = {} }: Extract<CommandResult, { type: "changes" }>,
  style: Style,
): readonly string[] {
  if (changedCount(changes) === 0) return [step === undefined ? "nothing was changed by hand" : "no file was changed"];
  const lines = changes.filter((change) => change.timesOnly !== true).map((change) => changeLine(change, style));
  const patchLines = Object.values(patches).flatMap((patch) => colourPatch(patch, style));
  return patchLines.length === 0 ? lines : [...lines, "", ...patchLines];
}

function changeLine(change: FileChange, style: Style): string {
  const letter = { added: style.added("A"), changed: style.warning("C"), removed: style.removed("D") }[change.kind];
  if (change.type === "directory") return `${letter} ${change.path}/`;
  if (change.target !== undefined) return `${letter} ${change.path} -> ${change.target}`;
  if (change.type !== "file" || change.kind === "removed") return `${letter} ${change.path}`;
  return `${letter} ${change.path}  ${style.faint(formatSize(change.size))}`;
}

function renderShellEnd(edits: readonly HandEdit[]): readonly string[] {
  const files = new Set(
    edits.flatMap(({ changes }) => changes.filter((each) => !each.timesOnly).map(({ path }) => path)),
  );
  if (files.size === 0) return [];
  const commands = edits.filter((edit) => changedCount(edit.changes) > 0).length;
  return [`${countFiles(files.size)} changed by ${commands === 1 ? "1 command" : `${commands} commands`}`];
}

function colourPatch(patch: string, style: Style): string[] {
  return patch
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      if (/^(\+\+\+|---|@@)/.test(line)) return style.faint(line);
      if (line.startsWith("+")) return style.added(line);
      return line.startsWith("-") ? style.removed(line) : line;
    });
}

function renderAdoptable({ edits, files, suggested }: Adoptable, style: Style): readonly string[] {
  const commands = edits.map((edit) => [
    `  ${edit.id}`,
    edit.command || edit.kind,
    edit.exitCode === 0 ? "" : style.error(`exit code ${edit.exitCode}`),
    style.faint(countFiles(changedCount(edit.changes))),
  ]);
  const changed = files.map((file, index) => [`  ${letterOf(index)}`, changeLine(file, style)]);
  const usual = [
    ...suggested.commands.map((ids) => ids.join("&")),
    ...suggested.files.map((path) => letterOf(files.findIndex((file) => file.path === path))),
  ];
  return [
    ...(commands.length === 0 ? [] : [style.heading("Commands by hand"), ...layTable(commands)]),
    ...(changed.length === 0 ? [] : [style.heading("Edited files"), ...layTable(changed)]),
    "Which ones, in which order? 1 3: two RUNs; 1&3: one RUN, joined with &&; a: a COPY. q: none.",
    ...(usual.length === 0 ? [] : [`Enter alone takes: ${usual.join(" ")}`]),
  ];
}

function countFiles(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

type CommandHelp = Extract<CommandResult, { type: "help" }>["commands"][number];

function renderHelp(commands: readonly CommandHelp[], style: Style): readonly string[] {
  const rows = commands.map(({ name, aliases, usage, summary }) => [
    `  ${[name, ...aliases].join(", ")} ${style.faint(usage)}`,
    summary,
  ]);
  const lines = layTable(rows);
  return [
    ...commands.flatMap(({ group }, index) => [
      ...(group === commands[index - 1]?.group ? [] : [style.heading(group)]),
      lines[index]!,
    ]),
    "",
    "`help COMMAND` tells more. !COMMAND is run COMMAND. An empty line repeats `next`.",
  ];
}

function renderCommandHelp({ name, aliases, usage, summary, help }: CommandHelp, style: Style): readonly string[] {
  const also = aliases.length === 0 ? "" : `   (also: ${aliases.join(", ")})`;
  return [
    `${style.name(`${name}${usage === "" ? "" : ` ${usage}`}`)}${style.faint(also)}`,
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    ...(help === "" ? [] : ["", ...help.split("\n")]),
  ];
}
