import { ExitCode } from "../../errors.ts";
import { effectWords, type Session, type StopReason } from "../../index.ts";
import { parseStep, usageError } from "./command-line.ts";
import type { Outcome, PromptCommand } from "./prompt.ts";
import { keywords, stepNumbers } from "./words.ts";

const next: PromptCommand = {
  name: "next",
  aliases: ["n", "step", "s"],
  usage: "[N]",
  group: "go",
  summary: "run the next step, or the next N",
  help: "Stops before a break point and at a failure. An empty line repeats it.",
  async run({ session, signal }, argument) {
    return outcomeOf(session, await session.next(parseStep(argument, "next [N]") ?? 1, signal));
  },
};

const goOn: PromptCommand = {
  name: "continue",
  aliases: ["c", "cont"],
  usage: "",
  group: "go",
  summary: "run steps up to a break point, a failure or the end",
  help: "",
  async run({ session, signal }) {
    return outcomeOf(session, await session.continue(signal));
  },
};

const until: PromptCommand = {
  name: "until",
  aliases: ["u", "unt"],
  usage: "N",
  group: "go",
  summary: "run steps up to and including step N",
  help: "Break points before it count.",
  complete: ({ session }) => stepNumbers(session),
  async run({ session, signal }, argument) {
    const step = parseStep(argument, "until N");
    if (step === undefined) throw usageError("until needs a step's number", "usage: until N");
    return outcomeOf(session, await session.until(step, signal));
  },
};

const breakAt: PromptCommand = {
  name: "break",
  aliases: ["b"],
  usage: "[PLACE] [if-CONDITION]",
  group: "go",
  summary: "stop before a step, or after one for what it did; without arguments, list the break points",
  help: `break 7                       before step 7
break :12                     before the instruction at line 12 of the Dockerfile
break RUN pip                 before each RUN whose text has "pip" in it
break /pip3? install/i        before each instruction that matches a regular expression
break if-changed /etc/nginx   after a step that added, changed or removed this, or something in it
break if-exists /usr/bin/gcc  after a step that added it
break if-removed /etc/*.conf  after a step that removed it
break if-larger 50MB          after a step that added more than that (kB, MB, GB, MiB, …)
break if-slower 1m30s         after a step that took longer (ms, s, m, h)
break if-prints /warning/i    after a RUN that printed a line which matches
break RUN apt if-larger 50MB  a place and a condition: after those steps, if they did that

In paths, * and ? stand for parts of a name, [a-z] for one of these characters, ** for any folders.
At a step that fails the session stops anyway.`,
  complete: ({ session }, words) => {
    if (words.length === 1) return [...stepNumbers(session), ...keywords, ...Object.keys(effectWords)];
    return words.slice(0, -1).some((word) => word in effectWords) ? [] : Object.keys(effectWords);
  },
  async run({ session, show }, argument) {
    if (argument !== "") await session.addBreakpoint(argument);
    await show({ type: "breakpoints", breakpoints: session.breakpoints() });
  },
};

const deleteBreak: PromptCommand = {
  name: "delete",
  aliases: ["d", "cl", "clear"],
  usage: "[N]",
  group: "go",
  summary: "delete break point N, or all",
  help: "N is the break point's own number, which `break` prints.",
  complete: ({ session }) => session.breakpoints().map(({ id }) => String(id)),
  async run({ session, show }, argument) {
    const id = parseStep(argument, "delete [N]");
    const ids = id === undefined ? session.breakpoints().map((each) => each.id) : [id];
    for (const each of ids) await session.removeBreakpoint(each);
    await show({ type: "breakpoints", breakpoints: session.breakpoints() });
  },
};

const retry: PromptCommand = {
  name: "retry",
  aliases: [],
  usage: "[--dirty]",
  group: "go",
  summary: "run the failed step again, from the state before it",
  help: "--dirty: from what the failed run, and hand edits since, left behind.",
  complete: () => ["--dirty"],
  async run({ session, signal }, argument) {
    if (argument !== "" && argument !== "--dirty") {
      throw usageError(`retry does not know ${JSON.stringify(argument)}`, "usage: retry [--dirty]");
    }
    return outcomeOf(session, await session.retry({ dirty: argument === "--dirty" }, signal));
  },
};

/** A failed step's exit code passes through to scripts and pipes. */
export function outcomeOf(session: Session, reason: StopReason): Outcome {
  if (reason === "interrupted") return { exitCode: ExitCode.interrupted };
  if (reason !== "failure") return {};
  const failed = session.steps().find((step) => step.status === "failed");
  return { exitCode: failed?.exitCode || ExitCode.failure };
}

export const goCommands: readonly PromptCommand[] = [next, goOn, until, breakAt, deleteBreak, retry];
