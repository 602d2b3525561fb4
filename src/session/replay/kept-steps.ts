import { recordChange } from "../advance.ts";
import { type Breakpoint, breakpointBefore } from "../breakpoints/breakpoints.ts";
import type { SessionCore, SessionStage, StepPlace } from "../core.ts";
import type { StepEntry } from "../history/entries.ts";
import { makeReady } from "./bring.ts";
import { contextInputs, isAddress } from "./context-inputs.ts";

/** A container on an image must be quicker than the steps by as much, to be worth a change of containers. */
const ADVANTAGE = 1.5;

/**
 * Steps from here on that were done before on just the state that the stage is in, and that an image holds: where that is
 * quicker than to run them again, the stage goes on from the image. Returns how many; 0 for none.
 */
export async function takeKeptSteps(
  core: SessionCore,
  place: StepPlace,
  limits: { readonly count: number; readonly until: number | undefined },
  points: readonly Breakpoint[],
  signal?: AbortSignal,
): Promise<number> {
  const { stage, position } = place;
  // Who waits for what a step does wants to see it done.
  if (position === 0 || points.some(({ condition }) => condition.effect !== undefined)) return 0;
  if (core.ledger.childrenOf(stage.replay.tip!.id).length === 0) return 0;
  const allowed: StepPlace[] = [];
  for (const each of core.placesOf(stage)) {
    if (each.position < position) continue;
    const isFurther = each.position > position;
    if (allowed.length >= limits.count || (isFurther && breakpointBefore(points, each.instruction))) break;
    allowed.push(each);
    if (each.instruction.number === limits.until) break;
  }
  const kept = await findKept(core, stage, allowed);
  const milliseconds = kept.reduce((sum, entry) => sum + entry.milliseconds, 0);
  if (kept.length === 0 || milliseconds < ADVANTAGE * core.checkpoints.startCost) return 0;

  const before = stage.replay.chain;
  stage.replay.goTo([...before, ...kept]);
  await makeReady(core, stage, signal);
  const last = allowed[kept.length - 1]!.instruction;
  for (const [index, entry] of kept.entries()) {
    // What it takes was just compared: whatever was noticed before is over.
    stage.replay.setInputs(position + index, entry.inputs);
    const { number } = allowed[index]!.instruction;
    const { milliseconds, size } = entry;
    const known = core.memory.get(number);
    core.remember(number, { ran: true, milliseconds, size, exitCode: 0, changes: known?.changes });
  }
  recordChange(core, { kind: "step", label: last.summary, step: last.number, stage: stage.index });
  const steps = allowed.slice(0, kept.length).map(({ instruction }) => instruction.number);
  await core.emit({ type: "taken", steps, milliseconds });
  return kept.length;
}

/** As far as an image goes. */
async function findKept(
  core: SessionCore,
  stage: SessionStage,
  places: readonly StepPlace[],
): Promise<readonly StepEntry[]> {
  const found: StepEntry[] = [];
  let held = 0;
  let parent = stage.replay.tip!.id;
  for (const { position } of places) {
    const wanted = stage.wanted?.steps[position - 1];
    const same = core.ledger.childrenOf(parent).filter((entry) => entry.kind === "step" && entry.key === wanted?.key);
    const entry = same.findLast((each) => core.ledger.checkpoints.has(each.id)) ?? same.at(-1);
    if (entry?.kind !== "step" || !wanted) break;
    const { operation } = wanted;
    const takesFiles = operation.kind === "copy" || operation.kind === "add";
    // What comes from an address may be something else now.
    if (takesFiles && operation.sources.some(isAddress)) break;
    if ((await contextInputs(core, operation)) !== entry.inputs) break;
    found.push(entry);
    parent = entry.id;
    if (core.ledger.checkpoints.has(entry.id)) held = found.length;
  }
  return found.slice(0, held);
}
