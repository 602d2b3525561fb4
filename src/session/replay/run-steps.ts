import { inspectImage } from "../../engine/images.ts";
import { messageOf, SlipwayError } from "../../errors.ts";
import { breakpointBefore, breakpointsOf } from "../breakpoints/breakpoints.ts";
import { findTriggered, watchesFiles } from "../breakpoints/triggers.ts";
import type { SessionCore, SessionStage, StepPlace } from "../core.ts";
import type { BreakpointView, BreakTrigger, StopReason } from "../events.ts";
import { scanIfWorthwhile } from "../files/scan.ts";
import { keepHandEdits, stopApplication } from "../hand/hand-edits.ts";
import { baseSource, resolveBase, startImage } from "../images/base-image.ts";
import { OutputLog } from "../state/output-log.ts";
import { noticeChangedInputs } from "./context-inputs.ts";
import { leftHardLinks } from "./hard-links.ts";
import { type Performed, performOperation } from "./perform.ts";
import { viewStep } from "./steps-view.ts";
import type { WantedStep } from "./wanted-steps.ts";

export interface RunLimits {
  /** How many steps at most. */
  readonly count: number;
  /** The step after which to stop. */
  readonly until: number | undefined;
  /** A person looks at each step: its changes are wanted at once. */
  readonly stepping: boolean;
  /** The state before the first step is likely to be gone back to again, so that an image of it pays. */
  readonly returning?: boolean;
}

/**
 * Walks on through the steps that are not done, from a state that holds exactly those before. A failed step ends it with
 * "failure" and stays the next one.
 */
export async function runSteps(core: SessionCore, limits: RunLimits, signal?: AbortSignal): Promise<StopReason> {
  await stopApplication(core);
  await noticeChangedInputs(core);
  let ran = 0;
  for (;;) {
    const place = core.nextPlace();
    if (!place) return await stop(core, ran === 0 || limits.until === undefined ? "end" : "until", undefined);
    if (ran >= limits.count) return await stop(core, limits.until === undefined ? "step" : "until", place);
    // Others may be set meanwhile.
    const points = breakpointsOf(core);
    const point = breakpointBefore(points, place.instruction);
    if (point && ran > 0) return await stop(core, "breakpoint", place, point);
    if (signal?.aborted) return await stop(core, "interrupted", place);

    const looking = { ...limits, stepping: limits.stepping || watchesFiles(points) };
    const outcome = (await prepare(core, place, looking, signal)) ?? (await runStep(core, place, looking, signal));
    if (outcome !== undefined) return await stop(core, outcome, place);
    ran++;
    const { breakpoint, trigger } = (await findTriggered(core, points, place)) ?? {};
    if (breakpoint) return await stop(core, "breakpoint", core.nextPlace(), breakpoint, trigger);
    if (limits.until === place.instruction.number)
      return await stop(core, core.nextPlace() ? "until" : "end", core.nextPlace());
  }
}

async function stop(
  core: SessionCore,
  reason: StopReason,
  place: StepPlace | undefined,
  breakpoint?: BreakpointView,
  trigger?: BreakTrigger,
): Promise<StopReason> {
  const step = place?.instruction.number ?? core.dockerfile.instructions.length;
  await core.emit({ type: "stopped", reason, step, breakpoint, ...(trigger ? { trigger } : {}) });
  return reason;
}

/** Brings the stage's container to the state before the step. Steps that must be done again on the way are run as any other. */
async function prepare(
  core: SessionCore,
  place: StepPlace,
  limits: RunLimits,
  signal?: AbortSignal,
): Promise<StopReason | undefined> {
  const { stage, position } = place;
  if (stage.replay.holdsExactly(core.keysOf(stage), position)) return undefined;
  await keepHandEdits(core, stage);
  if (position === 0) return undefined;
  const held = await stage.replay.restore(position, signal);
  stage.unscanned = undefined;
  const replayed: number[] = [];
  for (const again of core.places()) {
    if (again.stage !== stage || again.position < held || again.position >= position) continue;
    replayed.push(again.instruction.number);
    const outcome = await runStep(core, again, limits, signal);
    if (outcome !== undefined) return outcome;
  }
  if (limits.returning && replayed.length > 0) await checkpointStep(core, stage, replayed.at(-1)!);
  await core.emit({ type: "restored", step: place.instruction.number, replayed });
  return undefined;
}

/** Runs a step that is due on what the container holds, whatever that is: `retry --dirty` comes straight here. */
export async function runStep(
  core: SessionCore,
  place: StepPlace,
  limits: Pick<RunLimits, "stepping">,
  signal?: AbortSignal,
): Promise<StopReason | undefined> {
  const { instruction, stage, position } = place;
  const number = instruction.number;
  core.running = number;
  await core.emit({ type: "step-started", step: viewStep(core, place) });
  const startedAt = performance.now();
  let performed: Performed;
  try {
    performed =
      position === 0 ? await performFrom(core, stage, number, signal) : await performStep(core, place, limits, signal);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === "AGENT_GONE") {
      core.running = undefined;
      throw error;
    }
    performed = {
      exitCode: error.exitCode,
      bytes: undefined,
      message: describe(error),
      interrupted: signal?.aborted ?? false,
    };
  }
  core.running = undefined;
  const milliseconds = performance.now() - startedAt;
  const key = core.keysOf(stage)[position];
  const memory = { ran: true, milliseconds, size: performed.bytes, exitCode: performed.exitCode, changes: undefined };
  core.memory.set(number, memory);
  if (performed.exitCode !== 0 || key === undefined) {
    stage.replay.stepFailed({ key: key ?? "", number, exitCode: performed.exitCode, milliseconds });
  } else if (position > 0 && !performed.continued) {
    stage.replay.stepDone(key, milliseconds, performed.bytes, performed.inputs);
    stage.unscanned?.push(number);
    await scanIfWorthwhile(core, stage, { stepping: limits.stepping, milliseconds });
    if (stage.replay.checkpointDue) await checkpointStep(core, stage, number);
    if (await leftHardLinks(stage, position, milliseconds)) {
      await checkpointStep(core, stage, number);
      await stage.replay.renew(signal);
      stage.unscanned = undefined;
    }
  }
  await core.save();
  await core.emit({ type: "step-finished", step: viewStep(core, place), message: performed.message });
  if (performed.exitCode === 0) return undefined;
  return performed.interrupted ? "interrupted" : "failure";
}

/** What a failure says below its step: the error and how to mend it. */
function describe(error: SlipwayError): string {
  return error.hint ? `${messageOf(error)}\nhint: ${error.hint}` : messageOf(error);
}

async function performStep(
  core: SessionCore,
  place: StepPlace,
  limits: Pick<RunLimits, "stepping">,
  signal?: AbortSignal,
): Promise<Performed> {
  const wanted = place.stage.wanted?.steps[place.position - 1];
  if (!wanted) throw place.stage.wanted?.problem ?? new Error(`step ${place.instruction.number} was not evaluated`);
  if (limits.stepping) await scanIfWorthwhile(core, place.stage, { stepping: true, milliseconds: 0 });
  return await performLogged(core, place.stage, wanted, place.instruction.number, signal);
}

/** FROM: finds the base, starts the container, and does the base's ONBUILD triggers. */
async function performFrom(
  core: SessionCore,
  stage: SessionStage,
  number: number,
  signal?: AbortSignal,
): Promise<Performed> {
  const startedAt = performance.now();
  const planned = core.plan.stages[stage.index]!;
  const source = baseSource(core, stage.index);
  if (source.kind !== "stage" && stage.base === undefined) {
    const base = await resolveBase(core, source, planned.stage.from, signal);
    if (base.own) stage.replay.own(base.image);
    core.setBase(stage, base);
  }
  const { wanted } = stage;
  if (!wanted) throw new Error(`stage ${stage.index} stands on a stage that was not run`);
  const image = await startImage(core, stage);
  await stage.replay.start(image, signal);
  stage.unscanned = undefined;
  for (const trigger of wanted.triggers) {
    const performed = await performLogged(core, stage, trigger, number, signal);
    if (performed.exitCode !== 0) return performed;
  }
  const checkpoint = wanted.triggers.length > 0 ? await stage.replay.commit("ONBUILD") : image;
  stage.replay.started(wanted.fromKey, performance.now() - startedAt, checkpoint);
  return { exitCode: 0, bytes: undefined, message: undefined, interrupted: false };
}

/** Does the operation with its output going to the listeners and to the step's log. */
async function performLogged(
  core: SessionCore,
  stage: SessionStage,
  wanted: WantedStep,
  number: number,
  signal?: AbortSignal,
): Promise<Performed> {
  if (wanted.operation.kind !== "run") {
    return await performOperation(core, stage, wanted, { number, onOutput: () => {}, ...(signal ? { signal } : {}) });
  }
  if (wanted.operation.mounts.some((mount) => mount.type === "secret")) await core.secrets.refresh();
  const log = new OutputLog(core.outputPath(number));
  try {
    return await performOperation(core, stage, wanted, {
      number,
      onOutput: async (stream, data) => {
        await log.write(data);
        await core.emit({ type: "output", of: number, hand: false, stream, data });
      },
      ...(signal ? { signal } : {}),
    });
  } finally {
    await log.close();
  }
}

async function checkpointStep(core: SessionCore, stage: SessionStage, number: number): Promise<void> {
  const below = stage.replay.stepEntries.findLast((entry) => entry.checkpoint !== undefined)?.checkpoint;
  const { image, milliseconds } = await stage.replay.checkpoint();
  const memory = core.memory.get(number);
  if (memory && memory.size === undefined && below !== undefined) {
    const [before, after] = await Promise.all([inspectImage(core.engine, below), inspectImage(core.engine, image)]);
    // Small steps since the checkpoint below are counted with the one that made this worthwhile.
    if (before && after) core.memory.set(number, { ...memory, size: after.size - before.size });
  }
  await core.emit({ type: "checkpoint", step: number, image, milliseconds });
}
