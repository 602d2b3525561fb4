import { inspectImage } from "../../engine/images.ts";
import type { FileChange } from "../../protocol/messages.ts";
import { splitPattern } from "../copy/go-match.ts";
import type { SessionCore, StepPlace } from "../core.ts";
import type { BreakpointView, BreakTrigger } from "../events.ts";
import { compareImages } from "../files/compare-images.ts";
import { readOutputLog } from "../state/output-log.ts";
import type { Breakpoint } from "./breakpoints.ts";
import type { BreakEffect } from "./condition.ts";
import { findLine } from "./find-line.ts";
import { findChange, isAtPlace } from "./match.ts";

/** Whether what each step changes has to be looked for. */
export function watchesFiles(points: readonly Breakpoint[]): boolean {
  return points.some(({ condition: { effect } }) => effect?.kind === "files" || effect?.kind === "larger");
}

/** The first break point that waits for what this step, which was just done, did. */
export async function findTriggered(
  core: SessionCore,
  points: readonly Breakpoint[],
  place: StepPlace,
): Promise<{ readonly breakpoint: BreakpointView; readonly trigger: BreakTrigger } | undefined> {
  for (const { view, condition } of points) {
    if (condition.effect === undefined) continue;
    if (condition.place !== undefined && !isAtPlace(condition.place, place.instruction)) continue;
    const found = await look(core, condition.effect, place);
    if (found !== undefined) return { breakpoint: view, trigger: { step: place.instruction.number, ...found } };
  }
  return undefined;
}

async function look(
  core: SessionCore,
  effect: BreakEffect,
  place: StepPlace,
): Promise<Omit<BreakTrigger, "step"> | undefined> {
  // Everything of the base comes with FROM, and says nothing.
  if (place.position === 0 && effect.kind !== "slower") return undefined;
  const { number, keyword } = place.instruction;
  const memory = core.memory.get(number);
  switch (effect.kind) {
    case "slower":
      return (memory?.milliseconds ?? 0) > effect.milliseconds ? { milliseconds: memory?.milliseconds } : undefined;
    case "larger": {
      const size = memory?.size ?? (await sizeAcross(core, place)) ?? 0;
      return size > effect.bytes ? { size } : undefined;
    }
    case "files": {
      const change = findChange(effect, memory?.changes ?? (await changesAcross(core, place, effect.path)));
      return change && { change };
    }
    case "prints": {
      if (keyword !== "RUN") return undefined;
      const line = await findLine(await readOutputLog(core.outputPath(number)), effect.pattern);
      return line === undefined ? undefined : { line };
    }
  }
}

/** A step that was done elsewhere left an image, on one of the state before it. */
function imagesAround({ stage: { replay }, position }: StepPlace): { before: string; after: string } | undefined {
  const steps = replay.stepEntries;
  const before = replay.checkpointOf(steps.slice(0, position).findLast((entry) => replay.checkpointOf(entry)));
  const after = replay.checkpointOf(steps[position]);
  return before === undefined || after === undefined ? undefined : { before, after };
}

async function sizeAcross(core: SessionCore, place: StepPlace): Promise<number | undefined> {
  const images = imagesAround(place);
  if (!images) return undefined;
  const [before, after] = await Promise.all(
    [images.before, images.after].map(async (image) => await inspectImage(core.engine, image)),
  );
  return before && after && after.size - before.size;
}

async function changesAcross(core: SessionCore, place: StepPlace, pattern: string): Promise<readonly FileChange[]> {
  const images = imagesAround(place);
  if (!images) return [];
  return await compareImages(core, images.before, images.after, splitPattern(pattern).base);
}
