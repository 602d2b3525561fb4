import type { RunOperation } from "../../dockerfile/plan-types.ts";
import type { SessionStage } from "../core.ts";

/** Milliseconds of a command beside which a look at all folders of the file system is lost. */
const WORTH_A_LOOK = 100;

/** Programs that make hard links; a quick command that names none of them is taken to have made none. */
const linking = /\b(ln|link|cp|cpio|tar|rsync|git|dpkg|rpm)\b/;

/**
 * Whether a step that was done, and that others of its stage follow, left files of several names. Each step of a build
 * stands on a layer of its own: where it changes one name of such a file, the others keep what was there. In one container
 * they would change along, so the next step needs a new one.
 */
export async function leftHardLinks(stage: SessionStage, position: number, milliseconds: number): Promise<boolean> {
  const { steps } = stage.wanted!;
  const { operation } = steps[position - 1]!;
  const writes = steps.slice(position).some((step) => step.operation.kind !== "config");
  if (!writes || operation.kind === "config" || operation.kind === "workdir") return false;
  if (operation.kind !== "run") return await stage.replay.agent.foundLinks(false);
  if (milliseconds < WORTH_A_LOOK && !namesLinking(operation)) return false;
  return await stage.replay.agent.foundLinks(true);
}

function namesLinking({ argv, scripts }: RunOperation): boolean {
  return linking.test([...argv, ...scripts.map(({ content }) => content)].join("\n"));
}
