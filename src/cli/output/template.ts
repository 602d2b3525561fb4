import { type Node, type Operand, type Pipeline, parseTemplate, templateError } from "./template-parse.ts";

/** A row: what its fields are, and how a person reads those that are no plain words (`72.8MB`). */
export interface TemplateData {
  readonly values: Readonly<Record<string, unknown>>;
  readonly texts: Readonly<Record<string, string>>;
}

export interface Template {
  render(data: TemplateData): string;
  /** The template with each field replaced by its heading: the first line of `--format 'table …'`. */
  renderHeadings(headings: Readonly<Record<string, string>>): string;
}

/** Compiles a template as docker's `--format` takes it. Throws SlipwayError TEMPLATE for what it does not understand. */
export function compileTemplate(text: string): Template {
  // In a shell's single quotes these arrive as two characters, and docker takes them so.
  const nodes = parseTemplate(text.replaceAll("\\t", "\t").replaceAll("\\n", "\n"));
  return {
    render: (data) => renderNodes(nodes, { raw: data.values, texts: data.texts }),
    renderHeadings: (headings) => renderHeadings(nodes, headings),
  };
}

/** `text`: how it prints, where that is not the value itself. `texts`: the same for the fields of a row. */
interface Value {
  readonly raw: unknown;
  readonly text?: string | undefined;
  readonly texts?: Readonly<Record<string, string>>;
}

function renderNodes(nodes: readonly Node[], dot: Value): string {
  return nodes.map((node) => renderNode(node, dot)).join("");
}

function renderNode(node: Node, dot: Value): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "print":
      return printValue(evaluatePipeline(node.pipeline, dot));
    case "if":
      return renderNodes(isTrue(evaluatePipeline(node.pipeline, dot)) ? node.body : node.otherwise, dot);
    case "range": {
      const { raw } = evaluatePipeline(node.pipeline, dot);
      const items = raw === undefined || raw === null ? [] : typeof raw === "object" ? Object.values(raw) : undefined;
      if (items === undefined) throw templateError(`range needs a list, not ${JSON.stringify(raw)}`);
      return items.map((item) => renderNodes(node.body, { raw: item })).join("");
    }
  }
}

function evaluatePipeline(pipeline: Pipeline, dot: Value): Value {
  let result: Value | undefined;
  for (const [first, ...others] of pipeline) {
    const args = [...others.map((operand) => evaluateOperand(operand, dot)), ...(result === undefined ? [] : [result])];
    if (first!.kind === "function") {
      result = { raw: callFunction(first!.name, args) };
    } else if (args.length > 0) {
      throw templateError(`${describeOperand(first!)} is no function and takes no arguments`);
    } else {
      result = evaluateOperand(first!, dot);
    }
  }
  return result!;
}

function evaluateOperand(operand: Operand, dot: Value): Value {
  switch (operand.kind) {
    case "literal":
      return { raw: operand.value };
    case "group":
      return evaluatePipeline(operand.pipeline, dot);
    case "function":
      return { raw: callFunction(operand.name, []) };
    case "field":
      return operand.path.reduce(fieldOf, dot);
  }
}

function fieldOf(value: Value, name: string): Value {
  if (typeof value.raw !== "object" || value.raw === null) {
    throw templateError(`there is no field .${name} in ${JSON.stringify(value.raw) ?? "nothing"}`);
  }
  const fields = value.raw as Readonly<Record<string, unknown>>;
  if (value.texts !== undefined && !Object.hasOwn(fields, name)) {
    throw templateError(`there is no field .${name}`, `fields are: ${Object.keys(fields).join(", ")}`);
  }
  return { raw: fields[name], text: value.texts?.[name] };
}

type TemplateFunction = { readonly arity: number | "any"; call(args: readonly Value[]): unknown };

const textFunction = (change: (text: string) => string): TemplateFunction => ({
  arity: 1,
  call: ([value]) => change(printValue(value!)),
});

/** Docker's own functions, and those of Go's that fit values such as ours. */
const functions: Readonly<Record<string, TemplateFunction>> = {
  json: { arity: 1, call: ([value]) => JSON.stringify(value!.raw ?? null) },
  upper: textFunction((text) => text.toUpperCase()),
  lower: textFunction((text) => text.toLowerCase()),
  title: textFunction((text) => text.replace(/\b\p{L}/gu, (letter) => letter.toUpperCase())),
  split: { arity: 2, call: ([text, separator]) => printValue(text!).split(printValue(separator!)) },
  join: { arity: 2, call: ([list, separator]) => listOf(list!, "join").map(printRaw).join(printValue(separator!)) },
  truncate: { arity: 2, call: ([text, length]) => [...printValue(text!)].slice(0, Number(length!.raw)).join("") },
  pad: {
    arity: 3,
    call: ([text, before, after]) => {
      const shown = printValue(text!);
      return shown === "" ? "" : " ".repeat(Number(before!.raw)) + shown + " ".repeat(Number(after!.raw));
    },
  },
  len: { arity: 1, call: ([value]) => (typeof value!.raw === "string" ? value!.raw : listOf(value!, "len")).length },
  index: { arity: 2, call: ([container, key]) => indexOf(container!, key!) },
  print: { arity: "any", call: (args) => args.map(printValue).join("") },
  println: { arity: "any", call: (args) => `${args.map(printValue).join(" ")}\n` },
  eq: { arity: 2, call: ([left, right]) => printValue(left!) === printValue(right!) },
  ne: { arity: 2, call: ([left, right]) => printValue(left!) !== printValue(right!) },
  not: { arity: 1, call: ([value]) => !isTrue(value!) },
  and: { arity: 2, call: ([left, right]) => (isTrue(left!) ? right! : left!).raw },
  or: { arity: 2, call: ([left, right]) => (isTrue(left!) ? left! : right!).raw },
};

function callFunction(name: string, args: readonly Value[]): unknown {
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (known === undefined) {
    throw templateError(`there is no function ${name}`, `functions are: ${Object.keys(functions).join(", ")}`);
  }
  if (known.arity !== "any" && known.arity !== args.length) {
    throw templateError(`${name} takes ${known.arity} argument${known.arity === 1 ? "" : "s"}, not ${args.length}`);
  }
  return known.call(args);
}

function listOf(value: Value, name: string): unknown[] {
  if (value.raw === undefined || value.raw === null) return [];
  if (typeof value.raw !== "object") throw templateError(`${name} needs a list, not ${JSON.stringify(value.raw)}`);
  return Object.values(value.raw);
}

function indexOf(container: Value, key: Value): unknown {
  if (typeof container.raw !== "object" || container.raw === null) {
    throw templateError(`index needs a list or a map, not ${JSON.stringify(container.raw)}`);
  }
  if (Array.isArray(container.raw) && !(Number(key.raw) in container.raw)) {
    throw templateError(`index ${printValue(key)} is outside of a list of ${container.raw.length}`);
  }
  return (container.raw as Readonly<Record<string, unknown>>)[String(key.raw)];
}

/** Go's truth: false, 0, and what is empty are false. */
function isTrue({ raw }: Value): boolean {
  if (typeof raw === "object" && raw !== null) return Object.keys(raw).length > 0;
  return Boolean(raw);
}

function printValue(value: Value): string {
  return value.text ?? printRaw(value.raw);
}

/** As Go prints: lists as `[a b]`, maps as `map[k:v]`. */
export function printRaw(raw: unknown): string {
  if (raw === undefined || raw === null) return "";
  if (raw instanceof Date) return raw.toISOString();
  if (Array.isArray(raw)) return `[${raw.map(printRaw).join(" ")}]`;
  if (typeof raw === "object") {
    const pairs = Object.entries(raw).map(([key, value]) => `${key}:${printRaw(value)}`);
    return `map[${pairs.toSorted().join(" ")}]`;
  }
  return String(raw);
}

function renderHeadings(nodes: readonly Node[], headings: Readonly<Record<string, string>>): string {
  return nodes
    .map((node) => {
      if (node.kind === "text") return node.text;
      if (node.kind === "if") return renderHeadings(node.body, headings);
      return headingOf(node.pipeline, headings);
    })
    .join("");
}

/** Functions leave a heading as it is; `.Labels.team` and `index .Labels "team"` are headed by the field. */
function headingOf(pipeline: Pipeline, headings: Readonly<Record<string, string>>): string {
  for (const operand of pipeline.flat()) {
    if (operand.kind === "group") return headingOf(operand.pipeline, headings);
    if (operand.kind === "field" && operand.path.length > 0) return headings[operand.path[0]!] ?? "";
  }
  return "";
}

function describeOperand(operand: Operand): string {
  if (operand.kind === "field") return `.${operand.path.join(".")}`;
  return operand.kind === "literal" ? JSON.stringify(operand.value) : "( )";
}
