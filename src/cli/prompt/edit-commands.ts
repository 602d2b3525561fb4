import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { messageOf, SlipwayError } from "../../errors.ts";
import type { Session } from "../../index.ts";
import { parseStep, splitNumber, usageError } from "./command-line.ts";
import { editText } from "./editor.ts";
import type { PromptCommand } from "./prompt.ts";
import type { CommandResult } from "./results.ts";
import { keywords, stepNumbers } from "./words.ts";

const edit: PromptCommand = {
  name: "edit",
  aliases: ["e"],
  usage: "[N]",
  group: "edit",
  summary: "edit the Dockerfile in your editor, at step N",
  help: `Opens $VISUAL or $EDITOR on a copy of the session's Dockerfile, at the line of step N or of the next step. What is saved there is
the session's Dockerfile from then on: changed steps become stale. The file on disk changes with \`write\` only.`,
  complete: ({ session }) => stepNumbers(session),
  async run({ session, context, dialog, show }, argument) {
    if (dialog === undefined)
      throw usageError("edit needs a terminal", "use `insert`, `replace` and `remove` in scripts and pipes");
    const number = parseStep(argument, "edit [N]");
    const steps = session.steps();
    const step = steps.find((each) => (number === undefined ? each.current : each.number === number));
    if (number !== undefined && step === undefined) throw usageError(`there is no step ${number}`, "`list` shows them");
    const original = { text: session.text, name: basename(session.status().dockerfile), line: step?.line ?? 1 };
    const changed = await editText(
      dialog,
      context.env,
      original,
      (text) => session.replaceText(text),
      (error) => show(refusalOf(error)),
    );
    if (!changed) await show({ type: "note", message: "The Dockerfile is as it was." });
  },
};

const insert: PromptCommand = {
  name: "insert",
  aliases: ["i"],
  usage: "[N] INSTRUCTION",
  group: "edit",
  multiline: "instruction",
  summary: "insert an instruction before step N, or before the next step",
  help: "Continuations and heredocs go on over the next lines, as in a Dockerfile.",
  complete: ({ session }, words) => completeInstruction(session, words),
  async run({ session }, argument) {
    const { number, text } = splitNumber(argument);
    if (text === "") throw usageError("insert needs an instruction", "usage: insert [N] INSTRUCTION");
    const end = (session.steps().at(-1)?.number ?? 0) + 1;
    const place = number ?? session.steps().find((step) => step.current)?.number ?? end;
    if (place > end) throw usageError(`there is no step ${place}`, `${end} inserts at the end`);
    await session.insert(place, text);
  },
};

const replace: PromptCommand = {
  name: "replace",
  aliases: [],
  usage: "N INSTRUCTION",
  group: "edit",
  multiline: "instruction",
  summary: "put another instruction in the place of step N",
  help: "Continuations and heredocs go on over the next lines, as in a Dockerfile.",
  complete: ({ session }, words) => completeInstruction(session, words),
  async run({ session }, argument) {
    const { number, text } = splitNumber(argument);
    if (number === undefined || text === "") {
      throw usageError("replace needs a step's number and an instruction", "usage: replace N INSTRUCTION");
    }
    await session.replace(number, text);
  },
};

const remove: PromptCommand = {
  name: "remove",
  aliases: ["rm"],
  usage: "N",
  group: "edit",
  summary: "take step N out of the Dockerfile",
  help: "",
  complete: ({ session }) => stepNumbers(session),
  async run({ session }, argument) {
    const step = parseStep(argument, "remove N");
    if (step === undefined) throw usageError("remove needs a step's number", "usage: remove N");
    await session.remove(step);
  },
};

const write: PromptCommand = {
  name: "write",
  aliases: [],
  usage: "",
  group: "edit",
  summary: "write the Dockerfile to disk",
  help: `Shows what it changes. Comments and layout stay; the file is replaced at once or not at all. What others changed in it meanwhile is
merged first; where that conflicts nothing is written (see \`merge\`).`,
  async run({ session, context, show }) {
    const path = session.status().dockerfile;
    const before = await readDisk(path);
    await session.write();
    const patch = await patchOf(relative(context.cwd, path) || path, before, session.text);
    await show({ type: "written", path, patch });
  },
};

const merge: PromptCommand = {
  name: "merge",
  aliases: [],
  usage: "[--ours|--theirs]",
  group: "edit",
  summary: "join what you and others changed in the same lines of the Dockerfile",
  help: `What others change in the file on disk is taken over by itself, and merged with the session's changes; \`merge\` is for lines that both
changed. It opens the joined text, conflicts between <<<<<<< and >>>>>>>, in $VISUAL or $EDITOR.

merge --ours    the session's lines where they conflict
merge --theirs  the lines on disk there`,
  complete: (_, words) => (words.length === 1 ? ["--ours", "--theirs"] : []),
  async run({ session, context, dialog, show }, argument) {
    if (!["", "--ours", "--theirs"].includes(argument)) {
      throw usageError(`merge does not know ${JSON.stringify(argument)}`, "usage: merge [--ours|--theirs]");
    }
    await session.refresh();
    const merging = await session.outsideMerge();
    if (argument !== "") return await merging.take(argument === "--ours" ? merging.ours : merging.theirs);
    if (dialog === undefined) throw usageError("merge needs a terminal", "choose a side: --ours or --theirs");
    const original = { text: merging.text, name: basename(session.status().dockerfile), line: merging.line };
    const taken = await editText(dialog, context.env, original, merging.take, (error) => show(refusalOf(error)));
    if (!taken) await show({ type: "note", message: "Nothing is merged; the Dockerfile is as it was." });
  },
};

function refusalOf({ code, message, hint }: SlipwayError): CommandResult {
  return { type: "refused", code, message, hint };
}

function completeInstruction(session: Session, words: readonly string[]): string[] {
  if (words.length === 1) return [...keywords, ...stepNumbers(session)];
  return words.length === 2 && /^\d+$/.test(words[0]!) ? keywords : [];
}

/** Empty where there is no file: `write` makes one. */
async function readDisk(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new SlipwayError("WRITE_REFUSED", `${path} can't be read: ${messageOf(cause)}`, {
      hint: "make it readable; the session keeps its text",
      cause,
    });
  }
}

async function patchOf(name: string, before: string, after: string): Promise<string> {
  if (before === after) return "";
  const { createTwoFilesPatch } = await import("diff");
  const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, before, after, undefined, undefined, { context: 2 });
  return patch.replace(/^=+\n/, "");
}

export const editCommands: readonly PromptCommand[] = [edit, insert, replace, remove, write, merge];
