import { splitWords } from "../split-words.ts";
import { parseStep, usageError } from "./command-line.ts";
import { outcomeOf } from "./go-commands.ts";
import type { PromptCommand } from "./prompt.ts";
import { stepNumbers } from "./words.ts";

const USAGE = "watch [N] [--launch] [--once]";

export const watchCommand: PromptCommand = {
  name: "watch",
  aliases: [],
  usage: "[N] [--launch] [--once]",
  group: "go",
  summary: "replay after each save, and start the application again",
  help: `Watches the Dockerfile and the files of the build context, but for what .dockerignore leaves out. After a save, the steps that it makes
due run, up to step N; without N, as far as the session stands, or to the end where it hasn't begun. An application that runs in the
background (\`launch --detach\`) is started again. A step that fails waits for the next save. Ctrl-C leaves, and the application goes on.

--launch  starts the application, too, once all steps are done
--once    ends after the first save that made a step due, with the exit code of a step that failed: for scripts`,
  complete: ({ session }) => ["--launch", "--once", ...stepNumbers(session)],
  async run({ session, signal }, argument) {
    const words = splitWords(argument);
    const options = words.filter((word) => word.startsWith("-"));
    const unknown = options.find((word) => word !== "--launch" && word !== "--once");
    if (unknown !== undefined) throw usageError(`watch does not know ${unknown}`, `usage: ${USAGE}`);
    const [until = "", ...more] = words.filter((word) => !word.startsWith("-"));
    if (more.length > 0) throw usageError("watch takes one step's number", `usage: ${USAGE}`);
    const reason = await session.watch(
      { until: parseStep(until, USAGE), launch: options.includes("--launch"), once: options.includes("--once") },
      signal,
    );
    // Ctrl-C is the ordinary way to leave.
    return signal.aborted ? {} : outcomeOf(session, reason);
  },
};
