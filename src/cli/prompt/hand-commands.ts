import type { Session } from "../../index.ts";
import { splitWords } from "../split-words.ts";
import { usageError } from "./command-line.ts";
import { outcomeOf } from "./go-commands.ts";
import type { Outcome, PromptCommand } from "./prompt.ts";

const run: PromptCommand = {
  name: "run",
  aliases: [],
  usage: "COMMAND",
  group: "by hand",
  multiline: "command",
  summary: "run a command by hand, as the next RUN would (also: !COMMAND)",
  help: `Same shell, user, folder and environment as a RUN at this place. What it changes is a hand edit: \`diff\` shows it, \`adopt\` makes
an instruction of it. Lines that end in \\ and heredocs go on over the next lines.`,
  async run({ session, signal }, argument) {
    if (argument === "") throw usageError("run needs a command", "usage: run COMMAND, or !COMMAND");
    return { exitCode: await session.run(argument, signal) };
  },
};

const shell: PromptCommand = {
  name: "shell",
  aliases: ["sh"],
  usage: "",
  group: "by hand",
  summary: "a full terminal in the container",
  help: "Its shell, user, folder and environment are those of the next RUN. Leave it with exit or Ctrl-D; each command typed there is\na hand edit, as with `run`.",
  async run({ session, signal, dialog, show }) {
    if (dialog === undefined) throw usageError("shell needs a terminal", "use `run COMMAND` in scripts and pipes");
    // While the terminal is lent, Ctrl-C is the shell's: a base image that has to be pulled comes before.
    const outcome = await startStage(session, signal);
    if (outcome !== undefined) return outcome;
    const before = session.handEdits().length;
    // Its exit code is that of the last command typed there: no failure of ours.
    await dialog.lendTerminal((terminal) => session.shell(terminal, signal));
    await show({ type: "shell-ended", edits: session.handEdits().slice(before) });
    return {};
  },
};

/** Runs the steps up to the FROM of the current stage; undefined when there is a container to work in. */
async function startStage(session: Session, signal: AbortSignal): Promise<Outcome | undefined> {
  const steps = session.steps();
  const current = steps.find((step) => step.current);
  const from = steps.find((step) => step.stage === current?.stage && /^FROM\b/i.test(step.summary));
  if (from === undefined || from.status === "done") return undefined;
  const outcome = outcomeOf(session, await session.until(from.number, signal));
  return outcome.exitCode === undefined ? undefined : outcome;
}

const launch: PromptCommand = {
  name: "launch",
  aliases: [],
  usage: "[-d|--detach] [COMMAND…]",
  group: "by hand",
  summary: "run the image's application in the session's container",
  help: `ENTRYPOINT and CMD as the Dockerfile has them so far, or COMMAND. It runs until Ctrl-C; with --detach it goes on
in the background, until the next step or \`quit\`.`,
  complete: (_, words) => (words.length === 1 ? ["--detach"] : []),
  async run({ session, signal }, argument): Promise<Outcome> {
    const words = splitWords(argument);
    const detach = words[0] === "-d" || words[0] === "--detach";
    const exitCode = await session.launch({ command: detach ? words.slice(1) : words, detach }, signal);
    // Ctrl-C is the ordinary way to end an application.
    return signal.aborted ? {} : { exitCode };
  },
};

const deploy: PromptCommand = {
  name: "deploy",
  aliases: [],
  usage: "[--only STEP] [--force] [--list]",
  group: "by hand",
  summary: "run the project's deployment steps in the container",
  help: `Runs \`slipway-init deploy\` as \`run\` would; the image has to have slipway-init in its PATH, and a launch file. Steps that have nothing new
to work on are skipped; --list shows them, --force runs them, --only STEP runs one, by name or number.`,
  complete: () => ["--only", "--force", "--list"],
  async run({ session, signal }, argument) {
    return { exitCode: await session.run(`slipway-init deploy ${argument}`.trim(), signal) };
  },
};

const ip: PromptCommand = {
  name: "ip",
  aliases: [],
  usage: "",
  group: "by hand",
  summary: "the container's addresses",
  help: "One line for each network: its name and the address.",
  async run({ session, show }) {
    await show({ type: "addresses", addresses: await session.addresses() });
  },
};

export const handCommands: readonly PromptCommand[] = [run, shell, launch, deploy, ip];
