import { InitError } from "../system/errors.ts";

/**
 * Python's shlex.split: quotes and backslashes as a POSIX shell has them, and nothing else of a shell. Within double quotes a
 * backslash is special before `"` and `\` only.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const letter = text[at++]!;
    if (letter === "'") {
      const end = text.indexOf("'", at);
      if (end === -1) throw new InitError("bad-words", "a single quote is not closed");
      word = (word ?? "") + text.slice(at, end);
      at = end + 1;
    } else if (letter === '"') {
      word ??= "";
      for (; text[at] !== '"'; at++) {
        if (at >= text.length) throw new InitError("bad-words", "a double quote is not closed");
        if (text[at] === "\\" && (text[at + 1] === '"' || text[at + 1] === "\\")) at++;
        word += text[at];
      }
      at++;
    } else if (letter === "\\") {
      if (at === text.length) throw new InitError("bad-words", "nothing stands behind the last backslash");
      word = (word ?? "") + text[at++];
    } else if (" \t\r\n".includes(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Python's shlex.quote: one word for a shell. */
export function quoteWord(word: string): string {
  if (word === "") return "''";
  return /[^\w@%+=:,./-]/.test(word) ? `'${word.replaceAll("'", `'"'"'`)}'` : word;
}
