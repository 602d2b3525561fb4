import { keywords as knownKeywords } from "../../dockerfile/instructions.ts";
import type { Session, StepView } from "../../index.ts";

/** The instructions to complete: all that are not deprecated. */
export const keywords: string[] = knownKeywords.filter((keyword) => keyword !== "MAINTAINER");

export function stepNumbers(session: Session, wanted: (step: StepView) => boolean = () => true): string[] {
  return session
    .steps()
    .filter(wanted)
    .map((step) => String(step.number));
}
