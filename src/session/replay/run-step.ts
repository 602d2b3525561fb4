import { messageOf, SlipwayError } from "../../errors.ts";
import { advance } from "../advance.ts";
import type { SessionCore, SessionStage, StepPlace } from "../core.ts";
import type { StopReason } from "../events.ts";
import { scanIfWorthwhile } from "../files/scan.ts";
import { tellLeftHandEdits } from "../hand/hand-edits.ts";
import { type Entry, upToStep } from "../history/entries.ts";
import { baseSource, resolveBase, startImage } from "../images/base-image.ts";
import { OutputLog } from "../state/output-log.ts";
import type { StepMemory } from "../state/step-memory.ts";
import { makeReady, ReplayFailure } from "./bring.ts";
import { checkpointStep } from "./checkpoint-step.ts";
import { fingerprint } from "./fingerprint.ts";
import { leftHardLinks } from "./hard-links.ts";
import { type Performed, performOperation } from "./perform.ts";
import { viewStep } from "./steps-view.ts";
import type { WantedStep } from "./wanted-steps.ts";

/** How a step is run. */
export interface StepMode {
  /** A person looks at each step: its changes are wanted at once. */
  readonly stepping: boolean;
  /** The state before the first step is likely to be gone back to again, so that an image of it pays. */
  readonly returning?: boolean;
}

/**
 * Brings the stage to the state before the step. Steps that can't be had from an image, or that hand edits which are
 * instructions now came before, are run on the way.
 */
export async function prepareStep(
  core: SessionCore,
  place: StepPlace,
  mode: StepMode,
  signal?: AbortSignal,
): Promise<StopReason | undefined> {
  const { stage, position } = place;
  const { replay } = stage;
  if (!replay.holdsExactly(core.keysOf(stage), position)) {
    const clean = upToAdopted(core, upToStep(replay.chain, position));
    await tellLeftHandEdits(core, stage, clean);
    replay.goTo(clean);
  }
  if (position === 0) return undefined;
  const replayed = await makeReadyOrShorter(core, stage, signal);
  // Who went on from here in two ways already comes back to try a third.
  const { tip } = replay;
  const isReturning = mode.returning || (tip !== undefined && core.ledger.childrenOf(tip.id).length > 1);
  if (isReturning && replayed.length > 0) await checkpointStep(core, stage, replayed.at(-1)!);
  const held = replay.stepEntries.length;
  if (held >= position) return undefined;
  for (const again of core.placesOf(stage)) {
    if (again.position < held || again.position >= position) continue;
    const outcome = await runStep(core, again, mode, signal);
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

/** The part before the first hand edit that is an instruction now. */
function upToAdopted(core: SessionCore, chain: readonly Entry[]): readonly Entry[] {
  const open = new Set(core.handEdits.map((edit) => edit.id));
  const first = chain.findIndex((entry) => entry.kind === "hand" && !open.has(entry.edit));
  if (first < 0) return chain;
  return chain.slice(0, first);
}

/** Where a step does not go well any more when it is run again, the stage stands before it: it is the next one to run. */
async function makeReadyOrShorter(
  core: SessionCore,
  stage: SessionStage,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  for (;;) {
    try {
      return await makeReady(core, stage, signal);
    } catch (error) {
      if (!(error instanceof ReplayFailure)) throw error;
      await core.emit({ type: "notice", level: "warning", message: error.message });
      stage.replay.goTo(error.before);
      if (error.before.length === 0) return [];
    }
  }
}

/** Runs a step that is due on what the container holds, whatever that is: `retry --dirty` comes straight here. */
export async function runStep(
  core: SessionCore,
  place: StepPlace,
  mode: StepMode,
  signal?: AbortSignal,
): Promise<StopReason | undefined> {
  const { instruction, stage, position } = place;
  const number = instruction.number;
  core.running.add(number);
  await core.emit({ type: "step-started", step: viewStep(core, place) });
  const startedAt = performance.now();
  let performed: Performed;
  try {
    performed =
      position === 0 ? await performFrom(core, stage, number, signal) : await performStep(core, place, mode, signal);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === "AGENT_GONE") {
      core.running.delete(number);
      throw error;
    }
    performed = {
      exitCode: error.exitCode,
      bytes: undefined,
      message: describe(error),
      interrupted: signal?.aborted ?? false,
    };
  }
  core.running.delete(number);
  const milliseconds = performance.now() - startedAt;
  const key = core.keysOf(stage)[position];
  const went = performed.exitCode === 0 && key !== undefined;
  advance(
    core,
    stage,
    went
      ? { kind: "step", key, milliseconds, size: performed.bytes, inputs: performed.inputs }
      : { kind: "failed", key: key ?? "", number, exitCode: performed.exitCode, milliseconds },
    {
      kind: went ? "step" : "failed",
      label: instruction.summary,
      step: number,
      ...(performed.image === undefined ? {} : { checkpoint: performed.image }),
    },
    [{ type: "memory", step: number, memory: memoryOf(performed, milliseconds) }],
  );
  if (went && position > 0) await lookAfter(core, place, mode, milliseconds, signal);
  await core.emit({ type: "step-finished", step: viewStep(core, place), message: performed.message });
  if (performed.exitCode === 0) return undefined;
  return performed.interrupted ? "interrupted" : "failure";
}

function memoryOf(performed: Performed, milliseconds: number): StepMemory {
  return { ran: true, milliseconds, size: performed.bytes, exitCode: performed.exitCode, changes: undefined };
}

/** What is due after a step that went well: a look at what it changed, an image, a new container. */
async function lookAfter(
  core: SessionCore,
  { instruction: { number }, stage, position }: StepPlace,
  mode: StepMode,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  stage.unscanned?.push(number);
  await scanIfWorthwhile(core, stage, { stepping: mode.stepping, milliseconds });
  if (stage.replay.checkpointDue) await checkpointStep(core, stage, number);
  if (!(await leftHardLinks(stage, position, milliseconds))) return;
  await checkpointStep(core, stage, number);
  await stage.replay.renew(signal);
  stage.unscanned = undefined;
}

/** What a failure says below its step: the error and how to mend it. */
function describe(error: SlipwayError): string {
  return error.hint ? `${messageOf(error)}\nhint: ${error.hint}` : messageOf(error);
}

async function performStep(
  core: SessionCore,
  place: StepPlace,
  mode: StepMode,
  signal?: AbortSignal,
): Promise<Performed> {
  // What can't be run again is kept before anything is done on it.
  if (place.stage.replay.tip?.kind !== "step") await place.stage.replay.checkpoint();
  const wanted = place.stage.wanted?.steps[place.position - 1];
  if (!wanted) throw place.stage.wanted?.problem ?? new Error(`step ${place.instruction.number} was not evaluated`);
  // After the step before, or a hand edit, it was looked at already; what a failed step leaves was not.
  const isScanned = place.stage.unscanned?.length === 0 && place.stage.replay.failed === undefined;
  if (mode.stepping && !isScanned) await scanIfWorthwhile(core, place.stage, { stepping: true, milliseconds: 0 });
  return await performLogged(core, place.stage, wanted, place.instruction.number, signal);
}

/** FROM: finds the base, starts the container, and does the base's ONBUILD triggers. */
async function performFrom(
  core: SessionCore,
  stage: SessionStage,
  number: number,
  signal?: AbortSignal,
): Promise<Performed> {
  const planned = core.plan.stages[stage.index]!;
  const source = baseSource(core, stage.index);
  if (source.kind !== "stage" && core.baseOf(stage) === undefined) {
    const base = await resolveBase(core, source, planned.stage.from, signal);
    if (base.own) stage.replay.own(base.image);
    core.setBase(stage, base);
  }
  const { wanted } = stage;
  if (!wanted) throw new Error(`stage ${stage.index} stands on a stage that was not run`);
  const image = await startImage(core, stage);
  stage.replay.goTo([]);
  await stage.replay.enter(image, [], signal);
  stage.unscanned = undefined;
  for (const trigger of wanted.triggers) {
    const performed = await performLogged(core, stage, trigger, number, signal);
    if (performed.exitCode !== 0) return performed;
  }
  const checkpoint = wanted.triggers.length > 0 ? await stage.replay.commit("ONBUILD") : image;
  const inputs = source.kind === "stage" ? fingerprint(core.stage(source.index).replay.chain) : undefined;
  return { exitCode: 0, bytes: undefined, message: undefined, interrupted: false, image: checkpoint, inputs };
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
