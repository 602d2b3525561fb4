import { type InstructionContext, report } from "./report.ts";
import type { KeyValue } from "./types.ts";
import { splitOnce, splitQuotedWords, type Word } from "./words.ts";

export interface Pairs {
  readonly pairs: readonly KeyValue[];
  /** `ENV key value`, one pair, the value to the end of the line. */
  readonly legacy: boolean;
}

/** Reads what follows ENV and LABEL; quotes stay in the values. */
export function readPairs(context: InstructionContext, keyword: "ENV" | "LABEL"): Pairs {
  const { rest } = context.node;
  const words = splitQuotedWords(rest, context.escape);
  const hint = `write ${keyword} key=value`;
  if (words.length === 0) {
    report(context, "arguments-missing", `${keyword} requires at least one argument`, { hint });
    return { pairs: [], legacy: false };
  }
  if (!words[0]!.text.includes("=")) {
    const [key, value] = splitOnce(rest);
    if (!value) report(context, "pair-syntax", `${keyword} must have two arguments`, { place: rest, hint });
    return { pairs: value ? [{ key: key.text, value: value.text }] : [], legacy: true };
  }
  return { pairs: words.flatMap((word) => readPair(context, keyword, word) ?? []), legacy: false };
}

function readPair(context: InstructionContext, keyword: string, word: Word): KeyValue | undefined {
  const equals = word.text.indexOf("=");
  if (equals > 0) return { key: word.text.slice(0, equals), value: word.text.slice(equals + 1) };
  if (equals === 0) {
    report(context, "name-blank", `${keyword} names can not be blank`, { place: word, hint: "write key=value" });
    return undefined;
  }
  const message = `Syntax error - can't find = in ${JSON.stringify(word.text)}. Must be of the form: name=value`;
  report(context, "pair-syntax", message, { place: word, hint: 'quote a value with spaces: key="a b"' });
  return undefined;
}

/** Reads what follows ARG: names with or without a value. */
export function readArgs(context: InstructionContext): KeyValue[] {
  const words = splitQuotedWords(context.node.rest, context.escape);
  if (words.length === 0) {
    report(context, "arguments-missing", "ARG requires at least one argument", { hint: "write ARG name[=default]" });
  }
  return words.flatMap((word) => {
    const equals = word.text.indexOf("=");
    if (equals === -1) return { key: word.text, value: undefined };
    return readPair(context, "ARG", word) ?? [];
  });
}
