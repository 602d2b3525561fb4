import type { Instruction } from "../../dockerfile/types.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import type { BreakpointView } from "../events.ts";
import { type BreakCondition, parseBreakCondition } from "./condition.ts";
import { isAtPlace } from "./match.ts";

export interface Breakpoint {
  readonly view: BreakpointView;
  readonly condition: BreakCondition;
}

/** The session's break points, as they are understood. */
export function breakpointsOf(core: SessionCore): readonly Breakpoint[] {
  return core.ledger.breakpoints.map((view) => ({ view, condition: parseBreakCondition(view.condition) }));
}

/** The break point that stops before this instruction. */
export function breakpointBefore(points: readonly Breakpoint[], instruction: Instruction): BreakpointView | undefined {
  return points.find(({ condition }) => condition.effect === undefined && isMarked(condition, instruction))?.view;
}

/** Whether `list` marks the instruction: those that stop at every step's effect are not of any one. */
export function isMarked({ place }: BreakCondition, instruction: Instruction): boolean {
  return place !== undefined && isAtPlace(place, instruction);
}

/** @throws SlipwayError BREAKPOINT_INVALID; BREAKPOINT_NOWHERE when no instruction would ever stop there. */
export function addBreakpoint(core: SessionCore, condition: string): BreakpointView {
  const { place } = parseBreakCondition(condition);
  if (place !== undefined && !core.dockerfile.instructions.some((instruction) => isAtPlace(place, instruction))) {
    throw new SlipwayError("BREAKPOINT_NOWHERE", `no instruction matches the break point '${condition}'`, {
      hint: "give a step's number (7), a line (:12) or a text of an instruction (RUN pip); 'list' shows the steps",
      exitCode: ExitCode.usage,
    });
  }
  const { breakpoints } = core.ledger;
  const point = { id: breakpoints.reduce((highest, { id }) => Math.max(highest, id), 0) + 1, condition };
  core.ledger.record({ type: "breakpoints", breakpoints: [...breakpoints, point] });
  return point;
}

/** @throws SlipwayError BREAKPOINT_UNKNOWN */
export function removeBreakpoint(core: SessionCore, id: number): void {
  const { breakpoints } = core.ledger;
  const left = breakpoints.filter((point) => point.id !== id);
  if (left.length === breakpoints.length) {
    throw new SlipwayError("BREAKPOINT_UNKNOWN", `there is no break point ${id}`, {
      hint: breakpoints.length > 0 ? `there are: ${breakpoints.map((point) => point.id).join(", ")}` : "none is set",
      exitCode: ExitCode.usage,
    });
  }
  core.ledger.record({ type: "breakpoints", breakpoints: left });
}
