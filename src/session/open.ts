import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { insertInstruction, removeInstruction, replaceInstruction } from "../dockerfile/edit.ts";
import type { EngineClient } from "../engine/client.ts";
import { describeEngine } from "../engine/info.ts";
import { ExitCode, SlipwayError } from "../errors.ts";
import { ensureAgentVolume } from "./agent/volume.ts";
import { addBreakpoint, removeBreakpoint } from "./breakpoints/breakpoints.ts";
import { copyDialectOfDocker } from "./copy/dialect.ts";
import { SessionCore, type StepPlace } from "./core.ts";
import type { StopReason } from "./events.ts";
import { diffContent, diffStep } from "./files/diff.ts";
import { removeSourceContainers } from "./files/sources.ts";
import { adopt, adoptable } from "./hand/adopt.ts";
import { runByHand, stopApplication, tellLeftHandEdits } from "./hand/hand-edits.ts";
import { addressesOf, launch } from "./hand/launch.ts";
import { openShell } from "./hand/shell.ts";
import { upToStep } from "./history/entries.ts";
import { Ledger } from "./history/ledger.ts";
import { type Beginning, type EngineFacts, JOURNAL_VERSION, type JournalRecord } from "./history/records.ts";
import { finish } from "./images/finish.ts";
import { tagState } from "./images/tag.ts";
import { planOptionsOf } from "./plan-options.ts";
import { chooseStage } from "./replay/choose-stage.ts";
import { IdleWork } from "./replay/idle.ts";
import { findState, moveTo } from "./replay/move.ts";
import { runStep } from "./replay/run-step.ts";
import { runSteps } from "./replay/run-steps.ts";
import { viewStates } from "./replay/states-view.ts";
import { environmentOf, statusOf } from "./replay/status-view.ts";
import { viewSteps } from "./replay/steps-view.ts";
import { warnOfSecretArgs } from "./secrets/secret-args.ts";
import { SessionSecrets } from "./secrets/session-secrets.ts";
import { veilSession } from "./secrets/veil-session.ts";
import { type OpenSessionOptions, type SessionPlace, settleOptions, settlePlace } from "./settings.ts";
import { writeDockerfile } from "./state/dockerfile-file.ts";
import {
  findSession,
  Journal,
  readJournal,
  removeSessionFolder,
  replayJournal,
  requireSession,
} from "./state/journal.ts";
import { lockSession } from "./state/lock.ts";
import { readOutputLog } from "./state/output-log.ts";
import { mergeOutside, takeOutsideEdits } from "./state/outside-edits.ts";
import { stateOwner } from "./state/owner.ts";
import { recordOptions, restoreOptions } from "./state/recorded-options.ts";
import { removeSessionObjects } from "./state/remove.ts";
import { resumeStages, withContainers } from "./state/resume.ts";
import type { Session, SessionOptions } from "./types.ts";
import { watchedFiles, watchFiles } from "./watch/file-watch.ts";
import { watchProject } from "./watch/watch-project.ts";

/**
 * Begins a session on a Dockerfile. Nothing runs before the first command.
 * @throws DockerfileError with every mistake in it; SlipwayError CONTEXT_MISSING, DOCKERFILE_MISSING, PLATFORM_UNKNOWN,
 * ENGINE_UNREACHABLE and others of finding the engine; EngineError
 */
export async function openSession(given: OpenSessionOptions = {}): Promise<Session> {
  const { options, ownsEngine } = await settleOptions(given);
  return await holdingEngine(options.engine, ownsEngine, async (engine) => {
    const text = await readDockerfile(options.dockerfilePath);
    // Sorts by time of creation, and is short enough to be typed.
    const id = `${Math.floor(Date.now() / 1000).toString(36)}${randomBytes(2).toString("hex")}`;
    const prepared = await prepareEngine(options, id);
    const journal = new Journal(options.stateDir, id);
    const lock = await lockSession(options.stateDir, id);
    const ledger = new Ledger((records) => journal.write(records));
    const beginning: Beginning = {
      type: "begin",
      version: JOURNAL_VERSION,
      id,
      created: new Date().toISOString(),
      engine: options.engine.endpoint.url,
      options: recordOptions(options),
      text,
    };
    ledger.record(beginning, openedRecord(options, prepared.facts));
    const core = createCore({ options, ...prepared, id, ledger, text });
    beginStates(core);
    return await announce(sessionOf(core, { journal, held: [lock, engine], resumed: false, losses: [] }), core, given);
  });
}

/** Which session to take up, and where. */
export interface ResumeSessionOptions extends SessionPlace {
  /** Default: the newest session of `context`. */
  readonly id?: string | undefined;
  /** Folder of a build context. Default: the current folder. */
  readonly context?: string | undefined;
  /** Those that look like secrets, which were not kept: all that were not in the environment when the session was opened. */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  /** The same of `runSettings.env`, by name. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/**
 * Takes up a session that an earlier program left, on its containers or, where they are gone, on its checkpoints. It goes on
 * with the options with which it was opened.
 * @throws SlipwayError SESSION_UNKNOWN, SESSION_UNREADABLE, SESSION_BUSY, VALUE_MISSING, OPTION_FIXED
 */
export async function resumeSession(given: ResumeSessionOptions = {}): Promise<Session> {
  const { ownsEngine, ...place } = await settlePlace(given);
  return await holdingEngine(place.engine, ownsEngine, async (engine) => {
    const id = given.id ?? (await findSession(place.stateDir, resolve(given.context ?? ".")));
    await requireSession(place.stateDir, id);
    const lock = await lockSession(place.stateDir, id);
    try {
      const { beginning, records, length } = await readJournal(place.stateDir, id);
      const { buildArgs = {}, variables = {} } = given;
      const options = restoreOptions(beginning.options, place, { buildArgs, variables });
      const prepared = await prepareEngine(options, id);
      const journal = new Journal(place.stateDir, id);
      journal.truncate(length);
      const ledger = replayJournal(records, journal);
      ledger.record(openedRecord(options, prepared.facts));
      const hasBegun = ledger.states.all.length > 0;
      const text = hasBegun ? ledger.states.current.text : beginning.text;
      const core = createCore({ options, ...prepared, id, ledger, text });
      if (!hasBegun) beginStates(core);
      const losses = await resumeStages(core);
      return await announce(sessionOf(core, { journal, held: [lock, engine], resumed: true, losses }), core, given);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  });
}

function beginStates(core: SessionCore): void {
  core.changed({ kind: "begin", label: "", step: undefined, stage: core.stages[0]!.index });
}

function openedRecord({ engine }: SessionOptions, facts: EngineFacts): JournalRecord {
  return { type: "opened", at: new Date().toISOString(), engine: engine.endpoint.url, facts };
}

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} };

/** Hands on what the session has to let go of at its end: an engine that was found for it; lets go of it at once when `work` fails. */
async function holdingEngine(
  engine: EngineClient,
  owned: boolean,
  work: (held: AsyncDisposable) => Promise<Session>,
): Promise<Session> {
  const held = owned ? engine : nothing;
  try {
    return await work(held);
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

async function announce(session: Session, core: SessionCore, { onEvent }: SessionPlace): Promise<Session> {
  if (onEvent) core.onEvent(onEvent);
  await core.emit({
    type: "opened",
    session: core.id,
    dockerfile: core.options.dockerfilePath,
    engine: core.engine.endpoint.url,
    resumed: session.resumed,
    steps: session.steps(),
  });
  for (const message of session.losses) await core.emit({ type: "notice", level: "warning", message });
  if (!session.resumed) await warnOfSecretArgs(core);
  return veilSession(session, core.secrets);
}

function createCore(beginning: ConstructorParameters<typeof SessionCore>[0]): SessionCore {
  try {
    return new SessionCore(beginning);
  } catch (error) {
    // A mistake may show what a build argument made of an instruction.
    throw beginning.secrets.hideInError(error);
  }
}

async function readDockerfile(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new SlipwayError("DOCKERFILE_MISSING", `there is no Dockerfile to read at ${path}: ${cause.message}`, {
      hint: "name it with -f, or give the folder that holds it: slipway hack DIR",
      cause,
    });
  });
}

async function prepareEngine(options: SessionOptions, id: string) {
  const { os, architecture, version, containerdStore } = await describeEngine(options.engine);
  const facts: EngineFacts = { os, architecture, version, containerdStore };
  return {
    facts,
    owner: await stateOwner(options.stateDir),
    planOptions: planOptionsOf(facts, options),
    copyDialect: copyDialectOfDocker(version, containerdStore),
    secrets: await SessionSecrets.read(options, id),
    // The engine's kernel runs it, whatever the image is made for.
    agentVolume: await ensureAgentVolume(options.engine, facts),
  };
}

const oneStep = { stepping: true, until: undefined };
const allSteps = { count: Number.POSITIVE_INFINITY, stepping: false };

function sessionOf(
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
    core.edit(text, "edit");
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

async function retry(
  core: SessionCore,
  { dirty }: { readonly dirty: boolean },
  signal?: AbortSignal,
): Promise<StopReason> {
  const next = core.nextPlace();
  const failed = next?.stage.replay.failed;
  if (!next || !failed) return await retryLast(core, dirty, signal);
  const place = failedPlace(core, next, failed.key);
  if (!dirty) return await runSteps(core, { ...allSteps, stepping: true, until: place.instruction.number }, signal);
  if (place.position !== next.position) {
    throw new SlipwayError(
      "RETRY_NOT_NEXT",
      `step ${next.instruction.number} comes before the failed one and was not run`,
      {
        hint: "'retry' without --dirty runs both, from the state before them",
        exitCode: ExitCode.usage,
      },
    );
  }
  await stopApplication(core);
  const outcome = (await runStep(core, place, { stepping: true }, signal)) ?? "step";
  const step = core.nextPlace()?.instruction.number ?? place.instruction.number;
  await core.emit({ type: "stopped", reason: outcome, step, breakpoint: undefined });
  return outcome;
}

/** Nothing failed: the last step again, from the state before it. */
async function retryLast(core: SessionCore, dirty: boolean, signal?: AbortSignal): Promise<StopReason> {
  const stage = core.currentStage();
  const last = [...core.placesOf(stage)][core.doneCount(stage) - 1];
  if (!last || dirty) {
    throw new SlipwayError("NOTHING_FAILED", "no step has failed", {
      hint: "'next' runs the next step",
      exitCode: ExitCode.usage,
    });
  }
  const before = upToStep(stage.replay.chain, last.position);
  await tellLeftHandEdits(core, stage, before);
  stage.replay.goTo(before);
  const limits = { ...allSteps, stepping: true, until: last.instruction.number, anew: true };
  return await runSteps(core, limits, signal);
}

/** Where the failed step is now: adopted instructions may have come before it, or another one into its place. */
function failedPlace(core: SessionCore, next: StepPlace, key: string): StepPlace {
  const keys = core.keysOf(next.stage);
  const isFailed = ({ stage, position }: StepPlace) =>
    stage === next.stage && position >= next.position && keys[position] === key;
  return [...core.places()].find(isFailed) ?? next;
}

function requireAhead(core: SessionCore, step: number): number {
  const { number, summary } = core.instruction(step);
  const view = viewSteps(core)[number - 1]!;
  if (view.status === "skipped") {
    throw new SlipwayError("STEP_SKIPPED", `step ${number} (${summary}) is in a stage that the target does not need`, {
      hint: "choose another target: slipway hack --target STAGE",
      exitCode: ExitCode.usage,
    });
  }
  if (view.status === "done") {
    throw new SlipwayError("STEP_DONE", `step ${number} (${summary}) is done already`, {
      hint: "'list' shows where the session stands",
      exitCode: ExitCode.usage,
    });
  }
  return number;
}
