import { parseStep, usageError } from "./command-line.ts";
import type { PromptCommand } from "./prompt.ts";
import { stepNumbers } from "./words.ts";

const undo: PromptCommand = {
  name: "undo",
  aliases: ["back"],
  usage: "[N]",
  group: "go",
  summary: "go back to the state before the last thing that happened, or N back",
  help: `Steps, failures, hand edits and edits of the Dockerfile are gone back over, one at a time, exactly. What is left stays a
state of its own: \`redo\` and \`goto\` come back to it.`,
  async run({ session, signal }, argument) {
    await session.undo(parseStep(argument, "undo [N]") ?? 1, signal);
  },
};

const redo: PromptCommand = {
  name: "redo",
  aliases: [],
  usage: "[N]",
  group: "go",
  summary: "go forward again after an undo, or N forward",
  help: "Where several ways go on from a state, it is the one that was last gone.",
  async run({ session, signal }, argument) {
    await session.redo(parseStep(argument, "redo [N]") ?? 1, signal);
  },
};

const goTo: PromptCommand = {
  name: "goto",
  aliases: ["g"],
  usage: "N | sN",
  group: "go",
  summary: "go to the state after step N, or to any state of `states`",
  help: `goto 7    the state after step 7, which was done before
goto s12  state 12 of \`states\`, with the Dockerfile as it was there and what was done by hand up to there`,
  complete: ({ session }) => [...stepNumbers(session), ...session.states().map(({ id }) => `s${id}`)],
  async run({ session, signal }, argument) {
    if (!/^s?\d+$/.test(argument)) {
      throw usageError(
        argument === "" ? "goto needs a step or a state" : `goto does not know ${JSON.stringify(argument)}`,
        "usage: goto N for a step, goto sN for a state of `states`",
      );
    }
    await session.goto(argument, signal);
  },
};

const states: PromptCommand = {
  name: "states",
  aliases: [],
  usage: "",
  group: "look",
  summary: "every state that the session was in, as a tree",
  help: `A state is the Dockerfile and what the containers hold. \`=>\` is where the session stands; what hangs below a state happened
there. A star marks the states that an image holds: going there takes no step that must be run again.`,
  async run({ session, show }) {
    await show({ type: "states", states: session.states() });
  },
};

const stage: PromptCommand = {
  name: "stage",
  aliases: [],
  usage: "[NAME | N]",
  group: "go",
  summary: "work in another stage; without arguments, tell which",
  help: `\`run\`, \`shell\`, \`env\`, \`diff\`, \`adopt\` and \`next\` are of that stage then, until a step is run in another one. N counts stages
from 0, as COPY --from does. Stages that a stage copies from are run before it.`,
  complete: ({ session }) => [
    ...new Set(
      session.steps().flatMap((step) => (step.status === "skipped" ? [] : [step.stageName ?? String(step.stage)])),
    ),
  ],
  async run({ session, show }, argument) {
    if (argument !== "") await session.chooseStage(argument);
    await show({ type: "status", status: session.status(), breakpoints: session.breakpoints() });
  },
};

export const stateCommands: readonly PromptCommand[] = [undo, redo, goTo, stage, states];
