import { matchPattern, now } from "native";
import { EINVAL, ETIMEDOUT } from "../../system/errors.ts";
import { compilePattern } from "../../system/shell-pattern.ts";
import { RequestError } from "../protocol.ts";

/** How long a pattern may think about all names together: everything else waits meanwhile. */
const PATIENCE_MS = 50;

/**
 * Those whose names a word means, by circus's three ways: `simple` compares, `glob` is a shell pattern, `regex` matches from
 * the name's start on. Case does not count. Throws RequestError where none is meant.
 */
export function matchNames<T extends { readonly name: string }>(
  word: string,
  match: string,
  candidates: readonly T[],
): readonly T[] {
  const isMeant = matcherOf(word, match);
  const found = candidates.filter(({ name }) => isMeant(name.toLowerCase()));
  if (found.length === 0) throw new RequestError(`program ${word} not found`);
  return found;
}

function matcherOf(word: string, match: string): (name: string) => boolean {
  const lower = word.toLowerCase();
  if (match === "simple") return (name) => name === lower;
  if (match === "glob") return patternMatcher(globSource(lower), word);
  if (match === "regex") return patternMatcher(`^(?:${lower})`, word);
  throw new RequestError(`unknown match method ${match}`);
}

function globSource(glob: string): string {
  try {
    return compilePattern(glob).source;
  } catch (error) {
    if (error instanceof SyntaxError) throw new RequestError(`not a pattern: ${glob}`);
    throw error;
  }
}

function patternMatcher(source: string, word: string): (name: string) => boolean {
  const deadline = now() + PATIENCE_MS;
  return (name) => {
    const units = Uint16Array.from(name, (character) => character.charCodeAt(0));
    const result = matchPattern(source, units.buffer, units.length, deadline - now());
    if (result === -EINVAL) throw new RequestError(`not a regular expression: ${word}`);
    if (result < 0)
      throw new RequestError(`${result === -ETIMEDOUT ? "takes too long" : "cannot be matched"}: ${word}`);
    return result === 1;
  };
}
