import { ExitCode, messageOf, SlipwayError } from "../../errors.ts";

/** The part of Go's text/template that `--format` of docker's commands is used with. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipeline: Pipeline }
  | {
      readonly kind: "if";
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: "range"; readonly pipeline: Pipeline; readonly body: readonly Node[] };

/** Calls from left to right; each gets the former's result as its last argument. */
export type Pipeline = readonly (readonly Operand[])[];

export type Operand =
  /** `.A.B`; empty for `.` alone. */
  | { readonly kind: "field"; readonly path: readonly string[] }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "group"; readonly pipeline: Pipeline };

export function templateError(message: string, hint?: string): SlipwayError {
  return new SlipwayError("TEMPLATE", `--format: ${message}`, { hint, exitCode: ExitCode.usage });
}

export function parseTemplate(text: string): Node[] {
  const pieces = splitTemplate(text);
  const { nodes, rest } = parseNodes(pieces, []);
  if (rest.length > 0) throw templateError(`{{${actionOf(rest[0]!)}}} without an {{if}} or {{range}} before it`);
  return nodes;
}

type Piece = { readonly kind: "text" | "action"; readonly text: string };

/** Actions end at the first `}}` outside of quotes; `{{-` and `-}}` take the white space beside them away. */
function splitTemplate(text: string): Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  let trimNext = false;
  while (true) {
    const open = text.indexOf("{{", offset);
    let plain = text.slice(offset, open < 0 ? undefined : open);
    if (trimNext) plain = plain.trimStart();
    if (open < 0) return plain === "" ? pieces : [...pieces, { kind: "text", text: plain }];
    const action = /^\{\{((?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\})[^"`])*?)\}\}/.exec(text.slice(open));
    if (action === null) throw templateError(`{{ without }} in ${JSON.stringify(text.slice(open))}`);
    let inner = action[1]!;
    if (/^-\s/.test(inner)) {
      plain = plain.trimEnd();
      inner = inner.slice(1);
    }
    trimNext = /\s-$/.test(inner);
    if (trimNext) inner = inner.slice(0, -1);
    if (plain !== "") pieces.push({ kind: "text", text: plain });
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(inner)) pieces.push({ kind: "action", text: inner.trim() });
    offset = open + action[0].length;
  }
}

/** Reads up to an action of `ends`, which stays the first of `rest`. */
function parseNodes(pieces: readonly Piece[], ends: readonly string[]): { nodes: Node[]; rest: readonly Piece[] } {
  const nodes: Node[] = [];
  let rest = pieces;
  while (rest.length > 0) {
    const [piece, ...after] = rest as readonly [Piece, ...Piece[]];
    const word = actionOf(piece);
    if (piece.kind === "text") {
      nodes.push({ kind: "text", text: piece.text });
      rest = after;
    } else if (word === "end" || word === "else") {
      if (ends.length > 0 && !ends.includes(word)) throw templateError(`unexpected {{${word}}}`);
      return { nodes, rest };
    } else if (word === "if" || word === "range") {
      const block = parseBlock(word, piece.text.slice(word.length), after);
      nodes.push(block.node);
      rest = block.rest;
    } else {
      nodes.push({ kind: "print", pipeline: parsePipeline(piece.text) });
      rest = after;
    }
  }
  if (ends.length > 0) throw templateError("{{if}} or {{range}} without {{end}}");
  return { nodes, rest };
}

function parseBlock(
  word: "if" | "range",
  condition: string,
  pieces: readonly Piece[],
): { node: Node; rest: readonly Piece[] } {
  const pipeline = parsePipeline(condition);
  const body = parseNodes(pieces, word === "if" ? ["else", "end"] : ["end"]);
  const after = body.rest.slice(1);
  if (word === "range") return { node: { kind: "range", pipeline, body: body.nodes }, rest: after };
  if (actionOf(body.rest[0]!) === "end") {
    return { node: { kind: "if", pipeline, body: body.nodes, otherwise: [] }, rest: after };
  }
  const elseText = body.rest[0]!.text.slice("else".length).trim();
  if (elseText.startsWith("if ")) {
    const chained = parseBlock("if", elseText.slice("if".length), after);
    return { node: { kind: "if", pipeline, body: body.nodes, otherwise: [chained.node] }, rest: chained.rest };
  }
  if (elseText !== "") throw templateError(`unexpected ${JSON.stringify(elseText)} after {{else`);
  const otherwise = parseNodes(after, ["end"]);
  return {
    node: { kind: "if", pipeline, body: body.nodes, otherwise: otherwise.nodes },
    rest: otherwise.rest.slice(1),
  };
}

function actionOf(piece: Piece): string {
  return piece.kind === "action" ? (/^\w*/.exec(piece.text)?.[0] ?? "") : "";
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|`([^`]*)`|(-?\d+)(?![\w.])|((?:\.\w+)+|\.)|(\w+)|([|()]))/y;

function parsePipeline(text: string): Pipeline {
  TOKEN.lastIndex = 0;
  const stack: Operand[][][] = [[[]]];
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw templateError(`cannot read ${JSON.stringify(text.slice(start).trim())} in {{${text}}}`);
    const pipeline = stack.at(-1)!;
    const [, quoted, raw, digits, path, word, sign] = match;
    if (sign === "|") {
      pipeline.push([]);
    } else if (sign === "(") {
      stack.push([[]]);
    } else if (sign === ")") {
      if (stack.length === 1) throw templateError(`) without ( in {{${text}}}`);
      stack.pop();
      stack.at(-1)!.at(-1)!.push({ kind: "group", pipeline });
    } else {
      pipeline.at(-1)!.push(operandOf(quoted, raw, digits, path, word));
    }
  }
  if (stack.length > 1) throw templateError(`( without ) in {{${text}}}`);
  const pipeline = stack[0]!;
  if (pipeline.some((call) => call.length === 0)) throw templateError(`a command is missing in {{${text}}}`);
  return pipeline;
}

function operandOf(quoted?: string, raw?: string, digits?: string, path?: string, word?: string): Operand {
  if (quoted !== undefined) return { kind: "literal", value: unquote(quoted) };
  if (raw !== undefined) return { kind: "literal", value: raw };
  if (digits !== undefined) return { kind: "literal", value: Number(digits) };
  if (path !== undefined) return { kind: "field", path: path.split(".").filter((part) => part !== "") };
  if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
  return { kind: "function", name: word! };
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch (cause) {
    throw templateError(`unknown escape in ${quoted}: ${messageOf(cause)}`);
  }
}
