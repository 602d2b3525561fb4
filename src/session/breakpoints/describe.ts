import { formatDuration, formatSize } from "../../format.ts";
import type { BreakTrigger } from "../events.ts";

/** `step 5 changed /etc/hosts` */
export function describeTrigger({ step, change, size, milliseconds, line }: BreakTrigger): string {
  if (change !== undefined) return `step ${step} ${change.kind} ${change.path}`;
  if (size !== undefined) return `step ${step} added ${formatSize(size)}`;
  if (milliseconds !== undefined) return `step ${step} took ${formatDuration(milliseconds)}`;
  return `step ${step} printed ${JSON.stringify(line)}`;
}
