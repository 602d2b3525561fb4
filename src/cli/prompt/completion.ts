import type { Session } from "../../index.ts";
import type { PromptCommand } from "./prompt.ts";

/**
 * What may stand where the last word of `line` does, and that word: as node:readline wants it. Only whole words are
 * offered, with a space behind a single one.
 */
export async function completeLine(
  line: string,
  session: Session,
  commands: readonly PromptCommand[],
): Promise<[readonly string[], string]> {
  const text = line.trimStart();
  if (text.startsWith("!") || text.startsWith("#")) return [[], line];
  const words = text.split(/\s+/);
  const last = words.at(-1)!;
  if (words.length === 1) {
    return [spaced(commands.map(({ name }) => name).filter((name) => name.startsWith(last))), last];
  }
  const command = commands.find(({ name, aliases }) => name === words[0] || aliases.includes(words[0]!));
  const offered = (await command?.complete?.({ session, commands }, words.slice(1))) ?? [];
  // Instructions are upper case by habit only.
  const matching = offered.filter((word) => word.toLowerCase().startsWith(last.toLowerCase()));
  return [spaced([...new Set(matching)]), last];
}

function spaced(words: readonly string[]): readonly string[] {
  return words.length === 1 ? [`${words[0]} `] : words;
}
