import type { Debuggee } from "./debuggee.ts";

/** What is debugged now. @throws SlipwayError DAP_NOT_LAUNCHED */
export type Debugged = () => Debuggee;

/** Does something after the response to the request at hand: editors expect events of it only then. */
export function later(work: () => unknown): void {
  setImmediate(work);
}
