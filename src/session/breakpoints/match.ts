import type { Instruction } from "../../dockerfile/types.ts";
import type { FileChange } from "../../protocol/messages.ts";
import type { BreakEffect, BreakPlace } from "./condition.ts";

/** Whether an instruction is at the place. A text matches its keyword in any case, and the rest as it is written. */
export function isAtPlace(place: BreakPlace, instruction: Instruction): boolean {
  switch (place.kind) {
    case "step":
      return instruction.number === place.number;
    case "line":
      return instruction.range.start.line <= place.line && place.line <= instruction.range.end.line;
    case "pattern":
      return place.pattern.test(instruction.summary) || place.pattern.test(instruction.text);
    case "text": {
      const summary = instruction.summary.replace(/\s+/g, " ");
      const [keyword = "", ...rest] = place.text.split(" ");
      if (keyword.toUpperCase() !== instruction.keyword) return summary.includes(place.text);
      return summary.slice(instruction.keyword.length).includes(rest.join(" "));
    }
  }
}

/** The first of a step's changes that the effect waits for. A folder whose times alone changed is no change of its own. */
export function findChange(
  effect: Extract<BreakEffect, { kind: "files" }>,
  changes: readonly FileChange[],
): FileChange | undefined {
  return changes.find(
    (change) =>
      change.timesOnly !== true &&
      (effect.change === "any" || effect.change === change.kind) &&
      (isNamed(effect, change.path) || (change.kind === "removed" && isWithin(effect.path, change))),
  );
}

function isNamed({ matches, below }: Extract<BreakEffect, { kind: "files" }>, path: string): boolean {
  if (matches(path)) return true;
  if (!below) return false;
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (matches(path.slice(0, end))) return true;
  }
  return matches("/");
}

/** A folder that is removed takes with it what was in it, which is not listed. */
function isWithin(path: string, folder: FileChange): boolean {
  return folder.type === "directory" && path.startsWith(`${folder.path}/`);
}
