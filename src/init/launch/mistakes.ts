import { InitError } from "../system/errors.ts";

/** Something wrong in what a person wrote. */
export interface Mistake {
  readonly file: string;
  /** From 1; undefined where it is about the whole. */
  readonly line: number | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

export function formatMistake({ file, line, message, hint }: Mistake): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message}${hint === undefined ? "" : `\n  hint: ${hint}`}`;
}

/** All that is wrong, told at once; ends the program with 2. */
export class MistakesError extends InitError {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super("mistakes", mistakes.map(formatMistake).join("\n"));
    this.mistakes = mistakes;
  }
}
