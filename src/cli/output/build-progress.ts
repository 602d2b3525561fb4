import type { BuildListener } from "../../build/build-events.ts";
import type { CliContext } from "../context.ts";
import { plainBuildProgress } from "./plain-build-progress.ts";
import { rawBuildProgress } from "./raw-build-progress.ts";
import { redrawnBuildProgress } from "./redrawn-build-progress.ts";

export const progressModes = ["auto", "plain", "tty", "quiet", "rawjson"] as const;
export type ProgressMode = (typeof progressModes)[number];

/** A build's events as a person, or a program, wants to see them: on standard error. */
export interface BuildProgress extends Disposable {
  readonly listener: BuildListener;
}

export function showBuildProgress(mode: ProgressMode, context: CliContext): BuildProgress {
  if (mode === "quiet") return { listener: () => {}, [Symbol.dispose]: () => {} };
  if (mode === "rawjson") return rawBuildProgress(context.stderr);
  const terminal = context.stderr.isTTY === true && context.env.TERM !== "dumb";
  return mode === "tty" || (mode === "auto" && terminal)
    ? redrawnBuildProgress(context)
    : plainBuildProgress(context.stderr);
}
