import type { Command, Dockerfile, Heredoc, Instruction, KeyValue, Range } from "../../dockerfile/types.ts";

/** A parsed Dockerfile as lines for a reader: directives, global ARGs, stages, and each instruction with all its parts. */
export function describeDockerfile(dockerfile: Dockerfile): string[] {
  const { directives, globalArgs, stages, instructions } = dockerfile;
  const inStages = new Set(stages.flatMap((stage) => [stage.from, ...stage.instructions]));
  const outside = instructions.filter((item) => !inStages.has(item) && !globalArgs.some((arg) => arg === item));
  return [
    ...Object.entries(directives).flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`)),
    ...section("global ARGs", globalArgs),
    ...section("outside any stage", outside),
    ...stages.flatMap(({ index, name, range, from, instructions: own }) =>
      section(`stage ${index}${name === undefined ? "" : ` ${name}`} ${formatRange(range)}`, [from, ...own]),
    ),
  ];
}

function section(title: string, instructions: readonly Instruction[]): string[] {
  return instructions.length === 0 ? [] : [title, ...instructions.flatMap(describeInstruction)];
}

/** `3:1-3:12`: lines and columns from 1, the end exclusive. */
function formatRange({ start, end }: Range): string {
  return `${start.line}:${start.column}-${end.line}:${end.column}`;
}

const shared = new Set(["number", "keyword", "range", "text", "summary", "flags", "comments"]);

function describeInstruction(instruction: Instruction): string[] {
  const parts = Object.entries(instruction).filter(([name]) => !shared.has(name));
  return [
    `${String(instruction.number).padStart(4)}  ${formatRange(instruction.range)}  ${instruction.keyword}`,
    ...instruction.flags.map(({ name, value, range }) => {
      return indent(`flag --${name}${value === undefined ? "" : `=${value}`} ${formatRange(range)}`);
    }),
    ...parts.flatMap(([name, value]) => describePart(name, value).map(indent)),
  ];
}

function indent(line: string): string {
  return `        ${line}`;
}

function describePart(name: string, value: unknown): string[] {
  if (value === undefined || value === false) return [];
  if (Array.isArray(value)) return value.flatMap((item) => describePart(name.replace(/s$/, ""), item));
  if (typeof value !== "object" || value === null) return [`${name} ${JSON.stringify(value)}`];
  if (isHeredoc(value)) return [`${name} ${value.name} ${JSON.stringify(value.content)}`];
  if (isCommand(value)) return describeCommand(value);
  if (isPair(value)) return [`${name} ${value.key}${value.value === undefined ? "" : `=${value.value}`}`];
  return [`${name} ${JSON.stringify(value)}`];
}

function describeCommand(command: Command): string[] {
  if (command.form === "exec") return [`exec ${JSON.stringify(command.args)}`];
  return [`shell ${JSON.stringify(command.line)}`, ...describePart("heredocs", command.heredocs)];
}

function isHeredoc(value: object): value is Heredoc {
  return "fileDescriptor" in value;
}

function isCommand(value: object): value is Command {
  return "form" in value;
}

function isPair(value: object): value is KeyValue {
  return "key" in value;
}
