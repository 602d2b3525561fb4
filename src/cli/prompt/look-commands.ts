import type { FileChange } from "../../protocol/messages.ts";
import { splitWords } from "../split-words.ts";
import { parseStep, usageError } from "./command-line.ts";
import type { Prompt, PromptCommand } from "./prompt.ts";
import { stepNumbers } from "./words.ts";

const list: PromptCommand = {
  name: "list",
  aliases: ["l"],
  usage: "[N]",
  group: "look",
  summary: "the steps with their states, times and sizes",
  help: `Before each step: => the step that runs next, * a break point. With N: the steps around step N.
The times are those of the last run, the sizes what the step added to the file system.`,
  complete: ({ session }) => stepNumbers(session),
  async run(prompt, argument) {
    const around = parseStep(argument, "list [N]");
    await prompt.show({ type: "steps", steps: prompt.session.steps(), around });
  },
};

const status: PromptCommand = {
  name: "status",
  aliases: ["st", "where", "w"],
  usage: "",
  group: "look",
  summary: "where the session stands",
  help: "The session's id, Dockerfile, stage, image and container, break points, and what is not adopted or not written yet.",
  async run(prompt) {
    const { session } = prompt;
    await prompt.show({ type: "status", status: session.status(), breakpoints: session.breakpoints() });
  },
};

const env: PromptCommand = {
  name: "env",
  aliases: [],
  usage: "[NAME…]",
  group: "look",
  summary: "the environment as the next step sees it",
  help: "With names: only those.",
  complete: ({ session }) => session.environment().map((pair) => pair.split("=", 1)[0]!),
  async run(prompt, argument) {
    const names = splitWords(argument);
    const pairs = prompt.session.environment();
    const missing = names.find((name) => !pairs.some((pair) => pair.startsWith(`${name}=`)));
    if (missing !== undefined) throw usageError(`${missing} is not in the environment`);
    const chosen = pairs.filter((pair) => names.length === 0 || names.includes(pair.split("=", 1)[0]!));
    await prompt.show({ type: "environment", env: chosen });
  },
};

const output: PromptCommand = {
  name: "output",
  aliases: ["o"],
  usage: "[N]",
  group: "look",
  summary: "what step N printed",
  help: "Both streams in the order in which they came. Without N: the step that ran last.",
  complete: ({ session }) => stepNumbers(session, (step) => step.status !== "pending"),
  async run(prompt, argument) {
    const step = parseStep(argument, "output [N]") ?? lastRun(prompt);
    for await (const data of await prompt.session.output(step)) {
      await prompt.show({ type: "step-output", step, data: data as Uint8Array });
    }
  },
};

function lastRun({ session }: Prompt): number {
  const ran = session.steps().filter((step) => step.status === "done" || step.status === "failed");
  if (ran.length === 0) throw usageError("no step has run yet", "run one with `next`");
  return ran.at(-1)!.number;
}

const diff: PromptCommand = {
  name: "diff",
  aliases: [],
  usage: "[N] [-p|--patch] [PATH…]",
  group: "look",
  summary: "the files that step N, or the hand edits, changed",
  help: `A added, C changed, D removed, as docker diff writes it. Without N: what was changed by hand since the last step.
--patch also shows how the content of text files changed; with PATHs, only these and what is below them.`,
  async complete({ session }, words) {
    const step = words.map(Number).find((number) => number > 0);
    const paths = (await session.diff(step)).map((change) => change.path);
    return [...(words.length === 1 ? stepNumbers(session) : []), "--patch", ...paths];
  },
  async run(prompt, argument) {
    const { step, patch, paths } = parseDiff(splitWords(argument));
    const all = await prompt.session.diff(step);
    const changes = all.filter(({ path }) => paths.length === 0 || paths.some((each) => isBelow(path, each)));
    const patches = patch ? await readPatches(prompt, step, changes) : undefined;
    await prompt.show({ type: "changes", step, changes, patches });
  },
};

function parseDiff(words: readonly string[]): { step: number | undefined; patch: boolean; paths: string[] } {
  let step: number | undefined;
  let patch = false;
  const paths: string[] = [];
  for (const word of words) {
    if (word === "-p" || word === "--patch") patch = true;
    else if (word.startsWith("/")) paths.push(word);
    else if (step === undefined && /^[1-9]\d*$/.test(word)) step = Number(word);
    else throw usageError(`diff does not know ${JSON.stringify(word)}`, "usage: diff [N] [-p|--patch] [PATH…]");
  }
  return { step, patch, paths };
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

async function readPatches(
  { session }: Prompt,
  step: number | undefined,
  changes: readonly FileChange[],
): Promise<Record<string, string>> {
  const patches: Record<string, string> = {};
  for (const { path, type } of changes) {
    if (type !== "file") continue;
    const patch = await session.diffContent(step, path);
    if (patch !== undefined && patch !== "") patches[path] = patch;
  }
  return patches;
}

export const lookCommands: readonly PromptCommand[] = [list, status, env, output, diff];
