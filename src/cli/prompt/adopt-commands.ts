import { SlipwayError } from "../../errors.ts";
import type { Adoptable, Adoption } from "../../index.ts";
import { splitWords } from "../split-words.ts";
import { knownEdit, parseChoice, wholeAdoption } from "./adopt-choice.ts";
import { usageError } from "./command-line.ts";
import type { Dialog, Prompt, PromptCommand } from "./prompt.ts";

const USAGE = "usage: adopt [--all] [ID…] [--join ID ID…] [--file PATH]…";

const adopt: PromptCommand = {
  name: "adopt",
  aliases: [],
  usage: "[--all] [ID…] [--join ID ID…] [--file PATH]…",
  group: "by hand",
  summary: "make instructions of hand edits",
  help: `Commands become RUN instructions, changed text files become COPY instructions, with the file brought out into the build context.
They stand before the next step, and count as done: their files are there already.

adopt                  on a terminal: choose from a list; else: each command that succeeded and changed something, each edited file
adopt 1 3              commands 1 and 3, in this order
adopt --join 1 2       commands 1 and 2, joined with && in one RUN
adopt --file /etc/motd this file; may be given more than once
adopt --all            all of them, failed commands too`,
  async complete({ session }) {
    const { edits, files } = await session.adoptable();
    return ["--all", "--join", "--file", ...edits.map((edit) => String(edit.id)), ...files.map((file) => file.path)];
  },
  async run(prompt, argument) {
    const adoptable = await prompt.session.adoptable();
    if (adoptable.edits.length === 0 && adoptable.files.length === 0) {
      throw new SlipwayError("NOTHING_TO_ADOPT", "there is no hand edit to adopt", {
        hint: "commands typed with `run` and files changed in `shell` are hand edits",
      });
    }
    const words = splitWords(argument);
    const adoption =
      words.length === 0 && prompt.dialog !== undefined
        ? await chooseAdoption(prompt, prompt.dialog, adoptable)
        : parseAdoption(words, adoptable);
    if (adoption === undefined) return;
    if (adoption.commands.length === 0 && adoption.files.length === 0) {
      throw new SlipwayError("NOTHING_TO_ADOPT", "no hand edit that succeeded changed anything", {
        hint: "`adopt --all` takes all the same; `adopt ID` chooses",
      });
    }
    await prompt.session.adopt(adoption);
  },
};

function parseAdoption(words: readonly string[], adoptable: Adoptable): Adoption {
  if (words.length === 0) return adoptable.suggested;
  const commands: number[][] = [];
  const files: string[] = [];
  let joined: number[] | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--all") {
      if (words.length > 1) throw usageError("--all takes everything already", USAGE);
      return wholeAdoption(adoptable);
    }
    if (word === "--join") {
      joined = [];
      commands.push(joined);
    } else if (word === "--file") {
      const path = words[++index];
      if (!path?.startsWith("/")) throw usageError("--file needs an absolute path in the container", USAGE);
      files.push(path);
    } else if (word.startsWith("-")) {
      throw usageError(`adopt does not know ${word}`, USAGE);
    } else if (joined === undefined) {
      commands.push([knownEdit(word, adoptable)]);
    } else {
      joined.push(knownEdit(word, adoptable));
    }
  }
  if (joined !== undefined && joined.length < 2) throw usageError("--join needs two hand edits or more", USAGE);
  return { commands, files };
}

/** Undefined when the person leaves it. */
async function chooseAdoption(prompt: Prompt, dialog: Dialog, adoptable: Adoptable): Promise<Adoption | undefined> {
  await prompt.show({ type: "adoptable", adoptable });
  while (true) {
    const answer = await dialog.ask("adopt> ");
    if (answer === undefined || /^\s*q(uit)?\s*$/.test(answer)) return undefined;
    try {
      return answer.trim() === "" ? adoptable.suggested : parseChoice(answer, adoptable);
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      await prompt.show({ type: "refused", code: error.code, message: error.message, hint: error.hint });
    }
  }
}

export const adoptCommands: readonly PromptCommand[] = [adopt];
