import type { Instruction } from "../../dockerfile/types.ts";
import { ExitCode, SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import type { BreakpointView } from "../events.ts";

/**
 * Whether a break point stops before this instruction: `7` is a step, `:12` a line of the file, anything else a text that
 * the instruction contains, its keyword in any case: `RUN pip`, `copy`.
 */
export function breakpointMatches(condition: string, instruction: Instruction): boolean {
  if (/^\d+$/.test(condition)) return instruction.number === Number(condition);
  if (/^:\d+$/.test(condition)) {
    const line = Number(condition.slice(1));
    return instruction.range.start.line <= line && line <= instruction.range.end.line;
  }
  const [keyword = "", ...rest] = condition.trim().split(/\s+/);
  const summary = instruction.summary.replace(/\s+/g, " ");
  if (keyword.toUpperCase() === instruction.keyword) {
    return summary.slice(instruction.keyword.length).includes(rest.join(" "));
  }
  return summary.includes(condition.trim().replace(/\s+/g, " "));
}

/** @throws SlipwayError BREAKPOINT_NOWHERE when no instruction would ever stop there. */
export function addBreakpoint(core: SessionCore, condition: string): BreakpointView {
  if (!core.dockerfile.instructions.some((instruction) => breakpointMatches(condition, instruction))) {
    throw new SlipwayError("BREAKPOINT_NOWHERE", `no instruction matches the break point '${condition}'`, {
      hint: "give a step's number (7), a line (:12) or a text of an instruction (RUN pip); 'list' shows the steps",
      exitCode: ExitCode.usage,
    });
  }
  const point = { id: core.breakpoints.reduce((highest, { id }) => Math.max(highest, id), 0) + 1, condition };
  core.breakpoints.push(point);
  return point;
}

/** @throws SlipwayError BREAKPOINT_UNKNOWN */
export function removeBreakpoint(core: SessionCore, id: number): void {
  const index = core.breakpoints.findIndex((point) => point.id === id);
  if (index < 0) {
    throw new SlipwayError("BREAKPOINT_UNKNOWN", `there is no break point ${id}`, {
      hint:
        core.breakpoints.length > 0
          ? `there are: ${core.breakpoints.map((point) => point.id).join(", ")}`
          : "none is set",
      exitCode: ExitCode.usage,
    });
  }
  core.breakpoints.splice(index, 1);
}
