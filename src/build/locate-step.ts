import type { Dockerfile, Instruction } from "../dockerfile/types.ts";
import type { SourceLines } from "./build-events.ts";
import { imageName } from "./image-name.ts";

/** Instructions that BuildKit counts as steps of a stage, besides its FROM. */
const counted = new Set(["RUN", "COPY", "ADD", "WORKDIR"]);

/**
 * Where a BuildKit step stands in the Dockerfile, from its name (`[2/3] RUN make`, `[build 4/7] COPY . .`, `[stage-1 1/2] FROM …`).
 * ONBUILD triggers of the base come first in the count. Undefined for steps that are no instruction.
 */
export function locateStep(dockerfile: Dockerfile, file: string, stepName: string): SourceLines | undefined {
  const missing = /^\[internal\] load metadata for (\S+)$/.exec(stepName)?.[1];
  if (missing !== undefined) return locateImage(dockerfile, file, missing);
  const match = /^\[(?:(.+) )?(\d+)\/(\d+)\] (\S+)/.exec(stepName);
  if (match === null) return undefined;
  const [, label, position, total, keyword] = match;
  const stage = findStage(dockerfile, label);
  if (stage === undefined) return undefined;
  if (keyword === "FROM") return linesOf(stage.from, file);
  const steps = stage.instructions.filter((instruction) => counted.has(instruction.keyword));
  const triggers = Number(total) - 1 - steps.length;
  const instruction = steps[Number(position) - 2 - triggers];
  return instruction !== undefined && instruction.keyword === keyword ? linesOf(instruction, file) : undefined;
}

/** The first FROM, or else COPY --from, that names the image without a variable. */
function locateImage(dockerfile: Dockerfile, file: string, image: string): SourceLines | undefined {
  const instruction = dockerfile.instructions.find((candidate) => {
    if (candidate.keyword === "FROM") return isSameImage(candidate.image, image);
    return (candidate.keyword === "COPY" || candidate.keyword === "ADD") && isSameImage(candidate.from ?? "", image);
  });
  return instruction === undefined ? undefined : linesOf(instruction, file);
}

function isSameImage(written: string, image: string): boolean {
  try {
    return imageName(written) === imageName(image);
  } catch {
    // A variable, or the name of a stage.
    return false;
  }
}

function findStage({ stages }: Dockerfile, label: string | undefined) {
  // With --platform, BuildKit writes it before the stage's name: `[linux/arm64 build 2/3]`.
  const name = label?.split(" ").at(-1);
  if (name === undefined || /^[a-z0-9]+\/[a-z0-9/]+$/.test(name)) return stages.length === 1 ? stages[0] : undefined;
  const numbered = /^stage-(\d+)$/.exec(name);
  return numbered === null
    ? stages.find((stage) => stage.name?.toLowerCase() === name.toLowerCase())
    : stages[Number(numbered[1])];
}

function linesOf({ range }: Instruction, file: string): SourceLines {
  return { file, start: range.start.line, end: range.end.line };
}
