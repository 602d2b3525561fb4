import { insertInstruction, removeInstruction, replaceInstruction } from "../dockerfile/edit.ts";
import { editText } from "./advance.ts";
import { addBreakpoint, removeBreakpoint } from "./breakpoints/breakpoints.ts";
import type { SessionCore } from "./core.ts";
import { diffContent, diffStep } from "./files/diff.ts";
import { removeSourceContainers } from "./files/sources.ts";
import { adopt, adoptable } from "./hand/adopt.ts";
import { runByHand } from "./hand/hand-edits.ts";
import { addressesOf, launch } from "./hand/launch.ts";
import { openShell } from "./hand/shell.ts";
import { finish } from "./images/finish.ts";
import { tagState } from "./images/tag.ts";
import { chooseStage } from "./replay/choose-stage.ts";
import { IdleWork } from "./replay/idle.ts";
import { findState, moveTo } from "./replay/move.ts";
import { requireAhead, retry } from "./replay/retry.ts";
import { runSteps } from "./replay/run-steps.ts";
import { viewStates } from "./replay/states-view.ts";
import { environmentOf, statusOf } from "./replay/status-view.ts";
import { viewSteps } from "./replay/steps-view.ts";
import { writeDockerfile } from "./state/dockerfile-file.ts";
import { type Journal, removeSessionFolder } from "./state/journal.ts";
import { readOutputLog } from "./state/output-log.ts";
import { mergeOutside, takeOutsideEdits } from "./state/outside-edits.ts";
import { removeSessionObjects } from "./state/remove.ts";
import { withContainers } from "./state/resume.ts";
import type { Session } from "./types.ts";
import { watchedFiles, watchFiles } from "./watch/file-watch.ts";
import { watchProject } from "./watch/watch-project.ts";

const oneStep = { stepping: true, until: undefined };
const allSteps = { count: Number.POSITIVE_INFINITY, stepping: false };

/** The commands of a session on a live engine. `held`: what is let go of at its end. */
export function liveSession(
  core: SessionCore,
  opened: {
    readonly journal: Journal;
    readonly held: readonly AsyncDisposable[];
    readonly resumed: boolean;
    readonly losses: readonly string[];
  },
): Session {
  const { journal, held, resumed, losses } = opened;
  const idle = new IdleWork(core);
  /** Every command that works in containers: what it acknowledges is on disk before it returns. */
  const working = async <T>(work: () => Promise<T>): Promise<T> => {
    await idle.end();
    try {
      return await withContainers(core, work);
    } finally {
      await journal.sync();
      idle.begin();
    }
  };
  const edited = async (text: string): Promise<void> => {
    editText(core, text, "edit");
    await journal.sync();
    await core.emit({ type: "dockerfile-changed", steps: viewSteps(core) });
    // Afterwards: the numbers in an edit are those of the text that the person saw.
    await takeOutsideEdits(core);
  };
  let closed = false;
  const close = async ({ remove }: { remove: boolean }): Promise<void> => {
    if (closed) return;
    closed = true;
    await idle.stop();
    await core.settled();
    await core.spare[Symbol.asyncDispose]();
    await removeSourceContainers(core);
    if (remove) {
      for (const stage of core.allStages) await stage.replay.removeContainers();
      const { used } = await removeSessionObjects(core.engine, core.id, core.ledger.images);
      for (const image of used) {
        const message = `the checkpoint ${image.slice(7, 19)} is used or named by somebody and stays`;
        await core.emit({ type: "notice", level: "warning", message });
      }
      await removeSessionFolder(core.options.stateDir, core.id);
    } else {
      for (const stage of core.allStages) {
        // Steps can be run again; what was done by hand is not to hang on a container.
        if (stage.replay.isReady && stage.replay.tip?.kind === "hand") await stage.replay.checkpoint();
        await stage.replay[Symbol.asyncDispose]();
      }
      await journal.sync();
    }
    journal[Symbol.dispose]();
    for (const each of held) await each[Symbol.asyncDispose]();
    await core.emit({ type: "closed", removed: remove });
  };

  return {
    id: core.id,
    resumed,
    losses,
    onEvent: (listener) => core.onEvent(listener),
    hideSecrets: (text) => core.secrets.hide(text),
    steps: () => viewSteps(core),
    status: () => statusOf(core),
    environment: () => environmentOf(core),
    configuration: () => {
      const state = core.stateOf(core.currentStage());
      return state && { image: state.config, args: state.args };
    },
    breakpoints: () => core.ledger.breakpoints,
    handEdits: () => core.handEdits,
    output: async (step) => await readOutputLog(core.outputPath(core.instruction(step).number)),

    next: async (count, signal) => await working(() => runSteps(core, { ...oneStep, count }, signal)),
    continue: async (signal) => await working(() => runSteps(core, { ...allSteps, until: undefined }, signal)),
    until: async (step, signal) =>
      await working(() => runSteps(core, { ...allSteps, until: requireAhead(core, step) }, signal)),
    retry: async (options, signal) => await working(() => retry(core, options, signal)),
    addBreakpoint: async (condition) => {
      return addBreakpoint(core, condition);
    },
    removeBreakpoint: async (id) => {
      removeBreakpoint(core, id);
    },

    run: async (command, signal) => await working(() => runByHand(core, command, signal)),
    shell: async (terminal, signal) => await working(() => openShell(core, terminal, signal)),
    launch: async (options, signal) => await working(() => launch(core, options, signal)),
    addresses: async () => await working(() => addressesOf(core, core.currentStage())),

    chooseStage: async (name) => await working(() => chooseStage(core, name)),
    states: () => viewStates(core),
    undo: async (count, signal) => await working(() => moveTo(core, core.ledger.states.before(count), signal)),
    redo: async (count, signal) => await working(() => moveTo(core, core.ledger.states.after(count), signal)),
    goto: async (target, signal) => await working(async () => await moveTo(core, findState(core, target), signal)),

    get text() {
      return core.text;
    },
    replaceText: edited,
    insert: async (beforeStep, instruction) => await edited(insertInstruction(core.text, beforeStep, instruction)),
    replace: async (step, instruction) =>
      await edited(replaceInstruction(core.text, core.instruction(step).number, instruction)),
    remove: async (step) => await edited(removeInstruction(core.text, core.instruction(step).number)),
    write: async () => await writeDockerfile(core),
    watch: async (options, signal) => {
      const { until } = options;
      if (until !== undefined) core.instruction(until);
      return await working(() => watchProject(core, options, () => journal.sync(), signal));
    },
    watchDockerfile: async (listener) => await watchFiles(watchedFiles(core.options), listener),
    refresh: async () => await takeOutsideEdits(core),
    outsideMerge: async () => await mergeOutside(core),

    diff: async (step) => await working(() => diffStep(core, step)),
    diffContent: async (step, path) => await working(() => diffContent(core, step, path)),
    adoptable: async () => adoptable(core),
    adopt: async (adoption) => await working(() => adopt(core, adoption)),

    tag: async (name) => await working(() => tagState(core, name)),
    finish: async (options, signal) => await working(() => finish(core, options, signal)),
    close,
    [Symbol.asyncDispose]: async () => await close({ remove: false }),
  };
}
