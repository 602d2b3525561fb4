import { ExitCode, SlipwayError } from "../errors.ts";

/** Splits a line into words as a POSIX shell does, with its quotes and backslashes; nothing is expanded. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const token = /(\s+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|([\s\S])/g;
  for (const [all, space, single, double, escaped, plain] of line.matchAll(token)) {
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const text = single ?? double?.replace(/\\([$`"\\\n])/g, "$1") ?? escaped ?? plain;
    if (text === undefined) {
      throw new SlipwayError("USAGE", `${all} is not closed in: ${line}`, {
        hint: "close it, or put a backslash before it",
        exitCode: ExitCode.usage,
      });
    }
    word = (word ?? "") + text;
  }
  if (word !== undefined) words.push(word);
  return words;
}
