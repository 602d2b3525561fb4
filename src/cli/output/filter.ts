import { ExitCode, SlipwayError } from "../../errors.ts";

/** Values by key: a row must match one value of each key. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Reads repeated `--filter key=value`. Throws for a word without `=` and for a key that is not among `known`. */
export function parseFilters(words: readonly string[], known: readonly string[]): Filters {
  const filters = new Map<string, string[]>();
  for (const word of words) {
    const [key, value] = splitOnce(word);
    if (value === undefined) throw filterError(`${JSON.stringify(word)} is not of the form key=value`, known);
    if (!known.includes(key)) throw filterError(`there is no filter ${JSON.stringify(key)}`, known);
    filters.set(key, [...(filters.get(key) ?? []), value]);
  }
  return filters;
}

/** Whether `test` holds for one of the values given for each key. */
export function matchesFilters(filters: Filters, test: (key: string, value: string) => boolean): boolean {
  return [...filters].every(([key, values]) => values.some((value) => test(key, value)));
}

function splitOnce(word: string): [string, string | undefined] {
  const index = word.indexOf("=");
  return index < 0 ? [word, undefined] : [word.slice(0, index).trim(), word.slice(index + 1).trim()];
}

function filterError(message: string, known: readonly string[]): SlipwayError {
  return new SlipwayError("USAGE", `--filter: ${message}`, {
    hint: `filters are: ${known.join(", ")}`,
    exitCode: ExitCode.usage,
  });
}
