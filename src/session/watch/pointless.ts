import { SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import { contextInputs } from "../replay/context-inputs.ts";
import { readDockerfile } from "../state/outside-edits.ts";

/** Whether the step that runs now will have to run again: an instruction before it, or files that one took, have changed. */
export async function isPointless(core: SessionCore): Promise<boolean> {
  if (core.running.size === 0) return false;
  return (await changedBefore(core, Math.min(...core.running))) || (await tookChangedFiles(core));
}

/** Only what the session has not changed itself is looked at: a merge is worth waiting for. */
async function changedBefore(core: SessionCore, running: number): Promise<boolean> {
  const onDisk = await readDockerfile(core.options.dockerfilePath);
  if (onDisk === undefined || onDisk === core.diskText || core.text !== core.diskText) return false;
  try {
    const { instructions } = core.readText(onDisk).dockerfile;
    return core.dockerfile.instructions
      .slice(0, running)
      .some((step, index) => step.text !== instructions[index]?.text);
  } catch (error) {
    // Half saved: it is not taken either.
    if (error instanceof SlipwayError) return false;
    throw error;
  }
}

async function tookChangedFiles(core: SessionCore): Promise<boolean> {
  for (const stage of core.stages) {
    for (const [position, entry] of stage.replay.stepEntries.entries()) {
      const wanted = stage.wanted?.steps[position - 1];
      if (entry.inputs === undefined || wanted?.key !== entry.key) continue;
      if ((await contextInputs(core, wanted.operation)) !== entry.inputs) return true;
    }
  }
  return false;
}
