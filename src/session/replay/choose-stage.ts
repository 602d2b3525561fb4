import { ExitCode, SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import { stopApplication } from "../hand/hand-edits.ts";

/** Makes a stage the one to work in; its container is brought when something is done in it. */
export async function chooseStage(core: SessionCore, name: string): Promise<void> {
  const { stages, order } = core.plan;
  const wanted = name.toLowerCase();
  // As for COPY --from, a name goes before a number.
  const found =
    stages.findLast(({ stage }) => stage.name?.toLowerCase() === wanted) ??
    stages.find((_, index) => String(index) === wanted);
  const known = order.map((index) => stages[index]!.stage.name ?? String(index)).join(", ");
  if (!found) {
    throw new SlipwayError("STAGE_UNKNOWN", `the Dockerfile has no stage ${name}`, {
      hint: `there are: ${known}`,
      exitCode: ExitCode.usage,
    });
  }
  const index = stages.indexOf(found);
  if (!order.includes(index)) {
    throw new SlipwayError("STAGE_SKIPPED", `the target does not need the stage ${name}`, {
      hint: `it needs: ${known}; choose another target: slipway hack --target ${name}`,
      exitCode: ExitCode.usage,
    });
  }
  if (core.currentStage().index !== index) await stopApplication(core);
  core.chosenStage = index;
}
