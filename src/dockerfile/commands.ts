import { type InstructionContext, report } from "./report.ts";
import type { Command } from "./types.ts";
import { readJsonWords, splitWords, type Word } from "./words.ts";

/** Reads exec form, else shell form with the node's heredocs. */
export function readCommand(context: InstructionContext, rest: Word = context.node.rest): Command {
  const json = readJsonWords(rest.text);
  if (json.kind === "strings") return { form: "exec", args: json.values };
  if (json.kind === "other") reportMixedJson(context, rest);
  return { form: "shell", line: rest.text, heredocs: context.node.heredocs };
}

/** Reads a JSON array, else words between spaces. */
export function readList(context: InstructionContext, rest: Word = context.node.rest): string[] {
  const json = readJsonWords(rest.text);
  if (json.kind === "strings") return [...json.values];
  if (json.kind === "other") reportMixedJson(context, rest);
  return splitWords(rest).map(({ text }) => text);
}

function reportMixedJson(context: InstructionContext, place: Word): void {
  report(context, "json-not-strings", "when using JSON array syntax, arrays must be comprised of strings only", {
    place,
    hint: 'quote each element: ["a", "1"]',
  });
}
