import { breakpointBefore, breakpointsOf } from "../breakpoints/breakpoints.ts";
import { findTriggered, watchesFiles } from "../breakpoints/triggers.ts";
import { type CacheLook, lookIntoCache, takeFromCache } from "../cache/engine-cache.ts";
import type { SessionCore, SessionStage, StepPlace } from "../core.ts";
import type { BreakpointView, BreakTrigger, StopReason } from "../events.ts";
import { stopApplication } from "../hand/hand-edits.ts";
import { noticeChangedInputs } from "./context-inputs.ts";
import { takeKeptSteps } from "./kept-steps.ts";
import { prepareStep, runStep, type StepMode } from "./run-step.ts";

export interface RunLimits extends StepMode {
  /** How many steps at most. */
  readonly count: number;
  /** The step after which to stop. */
  readonly until: number | undefined;
  /** Really run each step, also where an image holds what it did before. */
  readonly anew?: boolean;
  /** What the engine's build cache holds. */
  readonly look?: CacheLook | undefined;
}

/** Why no further step is run, and the step at which that is. */
interface Stop {
  readonly reason: StopReason;
  readonly place: StepPlace | undefined;
  readonly breakpoint?: BreakpointView;
  readonly trigger?: BreakTrigger;
}

/**
 * Walks on through the steps that are not done, from a state that holds exactly those before. A failed step ends it with
 * "failure" and stays the next one.
 */
export async function runSteps(core: SessionCore, given: RunLimits, signal?: AbortSignal): Promise<StopReason> {
  await stopApplication(core);
  await noticeChangedInputs(core);
  // A stage may begin later than this, but most sessions have one.
  const limits = { ...given, look: given.stepping || given.anew ? undefined : lookIntoCache(core) };
  const toTheEnd = limits.count === Number.POSITIVE_INFINITY && limits.until === undefined;
  const { reason, place, breakpoint, trigger } = toTheEnd
    ? await runAllStages(core, limits, signal)
    : await runInOrder(core, limits, signal);
  const step = place?.instruction.number ?? core.dockerfile.instructions.length;
  await core.emit({ type: "stopped", reason, step, breakpoint, ...(trigger ? { trigger } : {}) });
  return reason;
}

async function runInOrder(core: SessionCore, limits: RunLimits, signal?: AbortSignal): Promise<Stop> {
  const done = limits.until === undefined ? "step" : "until";
  for (let ran = 0; ; ) {
    const place = core.nextPlace();
    if (!place) return { reason: ran === 0 || limits.until === undefined ? "end" : "until", place };
    if (ran >= limits.count) return { reason: done, place };
    const outcome = await walk(core, place, { ...limits, count: limits.count - ran }, ran > 0, signal);
    if (typeof outcome !== "number") return outcome;
    ran += outcome;
    const next = core.nextPlace();
    const last = limits.until;
    if (last !== undefined && core.isDone(last)) return { reason: next ? "until" : "end", place: next };
  }
}

/**
 * Every stage as soon as those are done that it takes files from, side by side. What stops one stage stops the others after
 * the step that they are at.
 */
async function runAllStages(core: SessionCore, limits: RunLimits, signal?: AbortSignal): Promise<Stop> {
  const first = core.nextPlace();
  const running = new Map<SessionStage, Promise<void>>();
  let stop: Stop | undefined;
  let failure: unknown;
  const run = async (stage: SessionStage): Promise<void> => {
    for (
      let place = core.nextPlaceOf(stage);
      place && !stop && failure === undefined;
      place = core.nextPlaceOf(stage)
    ) {
      const heedBreakpoints = place.instruction !== first?.instruction;
      const outcome = await walk(core, place, limits, heedBreakpoints, signal);
      if (typeof outcome !== "number") stop ??= outcome;
    }
  };
  for (;;) {
    for (const stage of stop || failure !== undefined ? [] : core.readyStages()) {
      if (running.has(stage)) continue;
      const ended = run(stage)
        .catch((error) => {
          failure ??= error;
        })
        .then(() => {
          running.delete(stage);
        });
      running.set(stage, ended);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (failure !== undefined) throw failure;
  return stop ?? { reason: "end", place: undefined };
}

/** Goes on by one step, or by several that an image holds: their number; or what keeps from it, or stops after it. */
async function walk(
  core: SessionCore,
  place: StepPlace,
  limits: RunLimits,
  heedBreakpoints: boolean,
  signal?: AbortSignal,
): Promise<number | Stop> {
  // Others may be set meanwhile.
  const points = breakpointsOf(core);
  const point = breakpointBefore(points, place.instruction);
  if (point && heedBreakpoints) return { reason: "breakpoint", place, breakpoint: point };
  if (signal?.aborted) return { reason: "interrupted", place };
  const mode = { ...limits, stepping: limits.stepping || watchesFiles(points) };

  const failed = await prepareStep(core, place, mode, signal);
  if (failed !== undefined) return { reason: failed, place };
  const taken = limits.anew ? 0 : await takeKeptSteps(core, place, limits, points, signal);
  if (taken > 0) return taken;
  const { look, until } = limits;
  const cached = look && (await takeFromCache(core, place, { until, look }, signal));
  if (cached) return cached.position;
  const outcome = await runStep(core, place, mode, signal);
  if (outcome !== undefined) return { reason: outcome, place };
  const triggered = await findTriggered(core, points, place);
  return triggered ? { reason: "breakpoint", place: core.nextPlace(), ...triggered } : 1;
}
