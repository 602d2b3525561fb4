import type { Adoptable, Adoption } from "../../index.ts";
import { usageError } from "./command-line.ts";

/** Everything, failed commands too. */
export function wholeAdoption({ edits, files }: Adoptable): Adoption {
  return {
    commands: edits.map((edit) => [edit.id]),
    files: files.map((file) => file.path),
  };
}

/**
 * Reads a choice: hand edits in the order in which they become instructions, `&` between those that become one RUN, and
 * files by their path or by their letter in the list: `3 1&2 a /etc/motd`.
 */
export function parseChoice(text: string, adoptable: Adoptable): Adoption {
  const commands: number[][] = [];
  const files: string[] = [];
  for (const word of text
    .replace(/\s*&+\s*/g, "&")
    .split(/[\s,]+/)
    .filter((each) => each !== "")) {
    if (word.startsWith("/")) files.push(word);
    else if (/^[a-z]+$/.test(word)) files.push(fileByLetter(word, adoptable));
    else commands.push(word.split("&").map((id) => knownEdit(id, adoptable)));
  }
  const ids = commands.flat();
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw usageError(`hand edit ${twice} stands there twice`);
  return { commands, files: [...new Set(files)] };
}

/** a, b, … z, aa, ab, …: the name of the file at `index` in the list. */
export function letterOf(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}

export function knownEdit(word: string, { edits }: Adoptable): number {
  const id = Number(word);
  if (edits.some((edit) => edit.id === id)) return id;
  const ids = edits.map((edit) => edit.id).join(", ");
  throw usageError(
    `there is no hand edit ${JSON.stringify(word)} to adopt`,
    ids === "" ? "commands typed with `run` become hand edits" : `hand edits are: ${ids}`,
  );
}

function fileByLetter(letters: string, { files }: Adoptable): string {
  const index = files.findIndex((_, each) => letterOf(each) === letters);
  if (index >= 0) return files[index]!.path;
  throw usageError(`there is no file ${JSON.stringify(letters)} in the list`);
}
