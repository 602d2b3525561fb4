import { ExpandError, expandWords } from "./expand.ts";

/** `3<<-'NAME'`, without its body. */
export interface HeredocWord {
  readonly name: string;
  readonly expand: boolean;
  readonly chomp: boolean;
  readonly fileDescriptor: number;
}

const nothing = { lookup: () => undefined, keepUnset: true } as const;

/**
 * Reads one word as a heredoc's announcement; undefined when it is none. A quoted name means a literal body.
 * Throws ExpandError on an unbalanced quote.
 */
export function readHeredocWord(word: string): HeredocWord | undefined {
  const match = /^([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)$/.exec(word);
  const [, descriptor, dash, written] = match ?? [];
  if (!written) return undefined;
  const words = expandWords(written, nothing);
  if (words.length !== 1) return undefined;
  const raw = expandWords(written, { ...nothing, rawQuotes: true });
  const name = words[0]!;
  return {
    name,
    expand: countQuotes(name) === countQuotes(raw[0]!),
    chomp: dash === "-",
    fileDescriptor: Number(descriptor),
  };
}

function countQuotes(word: string): number {
  return word.replace(/[^'"]/g, "").length;
}

/** All heredocs that an instruction, on one line, announces. Throws ExpandError. */
export function findHeredocs(line: string): HeredocWord[] {
  return shellWords(line).flatMap((word) => readHeredocWord(word) ?? []);
}

/** Splits as a shell with the escape character `\`, whatever the file's; with unbalanced quotes there are no heredocs. */
function shellWords(line: string): string[] {
  if (!line.includes("<<")) return [];
  try {
    return expandWords(line, { ...nothing, rawQuotes: true, rawEscapes: true });
  } catch (error) {
    if (error instanceof ExpandError) return [];
    throw error;
  }
}

/** What `<<-` does: takes the tabs from the beginning of each line. */
export function chompTabs(content: string): string {
  return content.replace(/(^|\n)\t+/g, "$1");
}
