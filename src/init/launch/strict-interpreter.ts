import { Environment, Interpreter, type parse } from "@huggingface/jinja";
import { didYouMean } from "./fields.ts";
import type { TemplateNames } from "./render-template.ts";

type Program = ReturnType<typeof parse>;
type Result = ReturnType<Interpreter["evaluate"]>;

/** What the interpreter's nodes have, as far as strictness looks at them. */
interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly object?: Node;
  readonly property?: Node;
  readonly operand?: Node;
  readonly test?: { readonly value: unknown };
  readonly filter?: { readonly value?: unknown; readonly callee?: { readonly value: unknown } };
  readonly body?: readonly Node[];
}

export class TemplateError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The library's functions but for its clock: a file must not change with the time. */
const globals: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: (first: number, second?: number, step = 1) => rangeOf(second === undefined ? 0 : first, second ?? first, step),
  raise_exception: (message: string) => {
    throw new TemplateError(String(message));
  },
};

const LONGEST_RANGE = 100_000;

function rangeOf(start: number, end: number, step: number): number[] {
  const length = Math.ceil((end - start) / step);
  if (!Number.isInteger(start) || !Number.isInteger(step) || !(length <= LONGEST_RANGE))
    throw new TemplateError(`range takes whole numbers and gives at most ${LONGEST_RANGE}`);
  return Array.from({ length: Math.max(0, length) }, (_, index) => start + index * step);
}

/** As Jinja with StrictUndefined: what is not defined is an error; and so is printing nothing. */
export class StrictInterpreter extends Interpreter {
  /** Where it is; from the comments that render-template.ts puts between the tokens. */
  line = 1;
  readonly #names: TemplateNames;
  /** Nodes that may be undefined, since `is defined` or `default` asks. */
  readonly #asked = new Set<Node>();
  #prints = false;

  constructor(names: TemplateNames) {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals, ...names.values })) environment.set(name, value);
    super(environment);
    this.#names = names;
  }

  render(program: Program): string {
    return String(this.run(program).value);
  }

  override evaluate(statement: Parameters<Interpreter["evaluate"]>[0], environment: Environment): Result {
    const node = statement as Node | undefined;
    const prints = this.#prints;
    this.#prints = false;
    if (node === undefined) return super.evaluate(statement, environment);
    this.#noteLine(node);
    this.#noteAsked(node);
    const line = this.line;
    const own = this.#readVariable(node);
    // The library's `first` of an empty list is no value at all.
    const result: Result | undefined = own === undefined ? super.evaluate(statement, environment) : toResult(own);
    // A macro has lines of its own.
    if (node.type === "CallExpression") this.line = line;
    if (result === undefined) throw new TemplateError("there is no such item");
    const isUndefined = result.type === "UndefinedValue";
    if (isUndefined && isReference(node) && !this.#asked.has(node)) throw notDefined(node, environment);
    if (prints && (result.type === "NullValue" || (isUndefined && node.type !== "SelectExpression")))
      throw new TemplateError(
        `${describe(node)} is ${isUndefined ? "not defined" : "null"}`,
        "ask for it with {% if %}",
      );
    return result;
  }

  #noteLine(node: Node): void {
    const comment = node.type === "Comment" ? node : node.body?.[0];
    const [tag, line] = comment?.type === "Comment" ? String(comment.value).split(" ") : [];
    if (line === undefined) return;
    if (tag === "{{" || tag === "{%" || tag === "%}") this.line = Number(line);
    this.#prints = node === comment && tag === "{{";
  }

  #noteAsked(node: Node): void {
    const name = node.test?.value ?? node.filter?.value ?? node.filter?.callee?.value;
    const asks = node.type === "TestExpression" || node.type === "FilterExpression";
    if (!asks || (name !== "defined" && name !== "undefined" && name !== "default")) return;
    for (let operand = node.operand; operand !== undefined; operand = operand.object) this.#asked.add(operand);
  }

  /** `env.NAME` and `env["NAME"]`. */
  #readVariable(node: Node): string | undefined {
    const isMember =
      node.type === "MemberExpression" && node.object?.type === "Identifier" && node.object.value === "env";
    const name = isMember ? node.property?.value : undefined;
    if (typeof name !== "string") return undefined;
    const value = this.#names.environment(name);
    if (value === undefined && !this.#asked.has(node)) throw new TemplateError(`env.${name} is not set`);
    return value;
  }
}

function toResult(value: unknown): Result {
  return new Environment().set("", value);
}

function isReference(node: Node): boolean {
  return node.type === "Identifier" || node.type === "MemberExpression";
}

function notDefined(node: Node, environment: Environment): TemplateError {
  const known: string[] = [];
  for (let at: Environment | undefined = environment; at && node.type === "Identifier"; at = at.parent)
    known.push(...at.variables.keys());
  const hint = known.length > 0 ? didYouMean(String(node.value), known) : undefined;
  return new TemplateError(`${describe(node)} is not defined`, hint?.startsWith("did you") ? hint : undefined);
}

/** As it was written, as far as it has names. */
function describe(node: Node): string {
  if (node.type === "Identifier") return String(node.value);
  if (node.type !== "MemberExpression") return "this";
  return `${describe(node.object!)}.${node.property?.value ?? "…"}`;
}
