import { ExitCode, SlipwayError } from "../../errors.ts";
import type { SessionCore, StepPlace } from "../core.ts";
import type { StopReason } from "../events.ts";
import { stopApplication, tellLeftHandEdits } from "../hand/hand-edits.ts";
import { upToStep } from "../history/entries.ts";
import { runStep } from "./run-step.ts";
import { runSteps } from "./run-steps.ts";
import { viewSteps } from "./steps-view.ts";

/**
 * Runs the failed step again, from the state before it, or with `dirty` on what it left. Where nothing failed, the last step
 * is run again.
 */
export async function retry(
  core: SessionCore,
  { dirty }: { readonly dirty: boolean },
  signal?: AbortSignal,
): Promise<StopReason> {
  const next = core.nextPlace();
  const failed = next?.stage.replay.failed;
  if (!next || !failed) return await retryLast(core, dirty, signal);
  const place = failedPlace(core, next, failed.key);
  if (!dirty)
    return await runSteps(
      core,
      { count: Number.POSITIVE_INFINITY, stepping: true, until: place.instruction.number },
      signal,
    );
  if (place.position !== next.position) {
    throw new SlipwayError(
      "RETRY_NOT_NEXT",
      `step ${next.instruction.number} comes before the failed one and was not run`,
      {
        hint: "'retry' without --dirty runs both, from the state before them",
        exitCode: ExitCode.usage,
      },
    );
  }
  await stopApplication(core);
  const outcome = (await runStep(core, place, { stepping: true }, signal)) ?? "step";
  const step = core.nextPlace()?.instruction.number ?? place.instruction.number;
  await core.emit({ type: "stopped", reason: outcome, step, breakpoint: undefined });
  return outcome;
}

/** Nothing failed: the last step again, from the state before it. */
async function retryLast(core: SessionCore, dirty: boolean, signal?: AbortSignal): Promise<StopReason> {
  const stage = core.currentStage();
  const last = [...core.placesOf(stage)][core.doneCount(stage) - 1];
  if (!last || dirty) {
    throw new SlipwayError("NOTHING_FAILED", "no step has failed", {
      hint: "'next' runs the next step",
      exitCode: ExitCode.usage,
    });
  }
  const before = upToStep(stage.replay.chain, last.position);
  await tellLeftHandEdits(core, stage, before);
  stage.replay.goTo(before);
  const limits = { count: Number.POSITIVE_INFINITY, stepping: true, until: last.instruction.number, anew: true };
  return await runSteps(core, limits, signal);
}

/** Where the failed step is now: adopted instructions may have come before it, or another one into its place. */
function failedPlace(core: SessionCore, next: StepPlace, key: string): StepPlace {
  const keys = core.keysOf(next.stage);
  const isFailed = ({ stage, position }: StepPlace) =>
    stage === next.stage && position >= next.position && keys[position] === key;
  return [...core.places()].find(isFailed) ?? next;
}

/** @throws SlipwayError STEP_UNKNOWN, STEP_SKIPPED, STEP_DONE */
export function requireAhead(core: SessionCore, step: number): number {
  const { number, summary } = core.instruction(step);
  const view = viewSteps(core)[number - 1]!;
  if (view.status === "skipped") {
    throw new SlipwayError("STEP_SKIPPED", `step ${number} (${summary}) is in a stage that the target does not need`, {
      hint: "choose another target: slipway hack --target STAGE",
      exitCode: ExitCode.usage,
    });
  }
  if (view.status === "done") {
    throw new SlipwayError("STEP_DONE", `step ${number} (${summary}) is done already`, {
      hint: "'list' shows where the session stands",
      exitCode: ExitCode.usage,
    });
  }
  return number;
}
