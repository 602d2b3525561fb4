import type { Session } from "../../index.ts";
import { splitWords } from "../split-words.ts";
import { findCommand, usageError } from "./command-line.ts";
import type { PromptCommand } from "./prompt.ts";

const tag: PromptCommand = {
  name: "tag",
  aliases: [],
  usage: "NAME",
  group: "leave",
  summary: "tag the state after the last step as an image",
  help: "The image has what the steps made, with the configuration of the Dockerfile so far. Hand edits are in it too.",
  async run({ session, tag: fallback }, argument) {
    const name = argument || fallback;
    if (name === undefined) throw usageError("tag needs a name", "usage: tag NAME");
    await session.tag(name);
  },
};

const finish: PromptCommand = {
  name: "finish",
  aliases: [],
  usage: "[--tag NAME] [--run] [--cache]",
  group: "leave",
  summary: "build the Dockerfile from scratch, as proof that it holds the work",
  help: `A clean build of the Dockerfile on disk, without cache, tagged with NAME or the command line's --tag. --cache: with what
this session did, where it is just what the Dockerfile asks for, and the engine's build cache. --run starts a container of the result.`,
  complete: () => ["--tag", "--run", "--cache"],
  async run({ session, tag: fallback, signal }, argument) {
    let tag = fallback;
    let run = false;
    let noCache = true;
    const words = splitWords(argument);
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!;
      if (word === "--tag" || word === "-t") {
        tag = words[++index];
        if (tag === undefined) throw usageError(`${word} needs a name`);
      } else if (word === "--run") run = true;
      else if (word === "--cache") noCache = false;
      else throw usageError(`finish does not know ${word}`, "usage: finish [--tag NAME] [--run] [--cache]");
    }
    await session.finish({ tag, run, noCache }, signal);
  },
};

const quit: PromptCommand = {
  name: "quit",
  aliases: ["q", "exit"],
  usage: "[--rm]",
  group: "leave",
  summary: "leave; the session stays for `slipway hack --resume`",
  help: "--rm: removes the session with its containers and checkpoints. Images that you tagged and the Dockerfile on disk stay.",
  complete: () => ["--rm"],
  async run({ session, dialog }, argument) {
    if (argument !== "" && argument !== "--rm")
      throw usageError(`quit does not know ${argument}`, "usage: quit [--rm]");
    const leave = { remove: argument === "--rm" };
    const question = leavingQuestion(session, leave.remove);
    if (dialog === undefined || question === undefined) return { leave };
    const answer = await dialog.ask(question);
    return /^y/i.test(answer?.trim() ?? "") ? { leave } : {};
  },
};

/** Undefined when nothing is open. */
function leavingQuestion(session: Session, remove: boolean): string | undefined {
  // Commands that only looked at something, and what an application wrote while it ran, are no work to lose.
  const edits = session.handEdits().filter((edit) => edit.kind !== "launch" && edit.changes.length > 0).length;
  const open = [
    edits === 1 ? "1 hand edit is not adopted" : undefined,
    edits > 1 ? `${edits} hand edits are not adopted` : undefined,
    session.status().unsaved ? "the Dockerfile is not written" : undefined,
  ].filter((each) => each !== undefined);
  if (open.length === 0) return undefined;
  const what = open.join(" and ");
  const end = remove ? "Remove the session, and lose that?" : "Leave? (The session stays for --resume.)";
  return `${what[0]!.toUpperCase()}${what.slice(1)}. ${end} [y/N] `;
}

const help: PromptCommand = {
  name: "help",
  aliases: ["h", "?"],
  usage: "[COMMAND]",
  group: "leave",
  summary: "the list of commands, or all about one",
  help: "",
  complete: ({ commands }, words) => (words.length === 1 ? commands.map(({ name }) => name) : []),
  async run({ commands, show }, argument) {
    const chosen = argument === "" ? commands : [findCommand(argument, commands)];
    await show({
      type: "help",
      commands: chosen.map(({ name, aliases, usage, summary, help, group }) => {
        return { name, aliases, usage, summary, help, group };
      }),
    });
  },
};

export const leaveCommands: readonly PromptCommand[] = [tag, finish, quit, help];
