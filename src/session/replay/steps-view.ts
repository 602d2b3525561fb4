import { breakpointsOf, isMarked } from "../breakpoints/breakpoints.ts";
import type { SessionCore, StepPlace } from "../core.ts";
import type { StepStatus, StepView } from "../events.ts";

/** The rows of `list`: every instruction of the file with its state. */
export function viewSteps(core: SessionCore): readonly StepView[] {
  const done = new Map(core.stages.map((stage) => [stage.index, core.doneCount(stage)]));
  const next = core.nextPlace()?.instruction.number;
  const places = new Map([...core.places()].map((place) => [place.instruction.number, place]));
  const points = breakpointsOf(core);
  const global = new Set(core.dockerfile.globalArgs.map((arg) => arg.number));
  const stageOf = new Map(
    core.plan.stages.flatMap(({ stage }) =>
      [stage.from, ...stage.instructions].map((instruction) => [instruction.number, stage] as const),
    ),
  );
  return core.dockerfile.instructions.map((instruction) => {
    const { number } = instruction;
    const place = places.get(number);
    const status = place
      ? statusOf(core, place, done.get(place.stage.index)!)
      : global.has(number)
        ? "done"
        : "skipped";
    const memory = core.memory.get(number);
    return {
      number,
      stage: stageOf.get(number)?.index ?? -1,
      stageName: stageOf.get(number)?.name,
      summary: instruction.summary,
      line: instruction.range.start.line,
      status,
      current: number === next,
      breakpoint: points.some(({ condition }) => isMarked(condition, instruction)),
      milliseconds: memory?.milliseconds,
      size: memory?.size,
      exitCode: memory?.exitCode,
      ...(memory?.cached ? { cached: true } : {}),
      checkpoint:
        place && status === "done"
          ? place.stage.replay.checkpointOf(place.stage.replay.stepEntries[place.position])
          : undefined,
    };
  });
}

/** One row, for an event: what is walked through is not looked at again for each step. */
export function viewStep(core: SessionCore, { instruction, stage, position }: StepPlace): StepView {
  const memory = core.memory.get(instruction.number);
  return {
    number: instruction.number,
    stage: stage.index,
    stageName: core.plan.stages[stage.index]!.stage.name,
    summary: instruction.summary,
    line: instruction.range.start.line,
    status: statusOf(core, { instruction, stage, position }, core.doneCount(stage)),
    current: true,
    breakpoint: breakpointsOf(core).some(({ condition }) => isMarked(condition, instruction)),
    milliseconds: memory?.milliseconds,
    size: memory?.size,
    exitCode: memory?.exitCode,
    ...(memory?.cached ? { cached: true } : {}),
    checkpoint: stage.replay.checkpointOf(stage.replay.stepEntries[position]),
  };
}

function statusOf(core: SessionCore, { instruction, stage, position }: StepPlace, done: number): StepStatus {
  if (core.running.has(instruction.number)) return "running";
  if (position < done) return "done";
  // By its key: an instruction that was put in its place has its number, and has not failed.
  if (position === done && stage.replay.failed?.key === (core.keysOf(stage)[position] ?? "")) return "failed";
  return core.memory.get(instruction.number)?.ran ? "stale" : "pending";
}
