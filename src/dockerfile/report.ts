import type { LineNode } from "./nodes.ts";
import { rangeOfWord } from "./nodes.ts";
import type { Source } from "./source.ts";
import type { Directives, DockerfileProblem, Range } from "./types.ts";

/** What the reading of one instruction needs: its node, and where problems go. */
export interface InstructionContext {
  readonly source: Source;
  readonly node: LineNode;
  readonly escape: Directives["escape"];
  readonly problems: DockerfileProblem[];
}

type Place = { readonly start: number; readonly end: number };

/** Adds an error at `place`, a piece of the node's line; at all of the instruction's own line without it. */
export function report(
  context: InstructionContext,
  rule: string,
  message: string,
  {
    place,
    hint,
    severity = "error",
  }: { place?: Place; hint?: string | undefined; severity?: "error" | "warning" } = {},
): void {
  context.problems.push({ severity, rule, message, hint, range: rangeIn(context, place ?? wholeLine(context.node)) });
}

export function rangeIn(context: InstructionContext, place: Place): Range {
  return rangeOfWord(context.source, context.node, place);
}

function wholeLine(node: LineNode): Place {
  return { start: node.keyword.start, end: Math.max(node.rest.end, node.keyword.end) };
}
