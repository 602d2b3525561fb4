import { readFile } from "node:fs/promises";
import { messageOf, SlipwayError } from "../../errors.ts";
import { editText } from "../advance.ts";
import type { SessionCore } from "../core.ts";
import { viewSteps } from "../replay/steps-view.ts";
import type { OutsideMerge } from "../types.ts";
import { compareLists, hasConflictMarkers, type LineRange, mergeTexts } from "./merge-text.ts";

/** Why the session did not take over what stands on disk. */
export interface OutsideProblem {
  /** The text that was not taken; undefined: there is no file. */
  readonly onDisk: string | undefined;
  readonly error: SlipwayError;
}

/**
 * Takes over what others changed in the Dockerfile on disk since the session read it: as it is where the session changed
 * nothing, else merged. What conflicts or doesn't parse is not taken; that is told once, and tried again at each call.
 */
export async function takeOutsideEdits(core: SessionCore): Promise<void> {
  const known = core.outsideProblem;
  let onDisk: string | undefined;
  try {
    onDisk = await readDockerfile(core.options.dockerfilePath);
    if (onDisk === undefined) throw missing(core.options.dockerfilePath);
    if (onDisk !== core.diskText) await takeText(core, onDisk);
    core.outsideProblem = undefined;
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    core.outsideProblem = { onDisk, error };
    if (known !== undefined && known.onDisk === onDisk) return;
    const hint = error.hint === undefined ? "" : `\nhint: ${error.hint}`;
    await core.emit({ type: "notice", level: "warning", message: `${error.message}${hint}` });
  }
}

/** Undefined where there is no file. */
export async function readDockerfile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SlipwayError("DOCKERFILE_UNREADABLE", `the Dockerfile on disk can't be read: ${messageOf(cause)}`, {
      hint: "make it readable; the session keeps its text",
      cause,
    });
  }
}

async function takeText(core: SessionCore, onDisk: string): Promise<void> {
  const path = core.options.dockerfilePath;
  const hint = "it is taken as soon as it is right; the session keeps its text";
  requireReadable(core, onDisk, (reason) => {
    return new SlipwayError("DOCKERFILE_INVALID_ON_DISK", `${path} was changed, and is not taken: ${reason}`, { hint });
  });
  const merged = mergeTexts({ base: core.diskText, ours: core.text, theirs: onDisk });
  if (merged.conflicts.length > 0) throw conflict(path, merged.conflicts);
  requireReadable(core, merged.text, (reason) => {
    const message = `${path} was changed, and joined with the session's own changes it is not right: ${reason}`;
    return new SlipwayError("DOCKERFILE_CONFLICT", message, { hint: "`merge` opens the joined text in your editor" });
  });
  await replaceText(core, merged.text, onDisk);
}

function requireReadable(core: SessionCore, text: string, refusal: (reason: string) => SlipwayError): void {
  try {
    core.readText(text);
  } catch (error) {
    throw error instanceof SlipwayError ? refusal(error.message) : error;
  }
}

async function replaceText(core: SessionCore, text: string, onDisk: string): Promise<void> {
  const before = core.dockerfile.instructions;
  const changedAlike = core.text === text;
  core.ledger.record({ type: "disk", text: onDisk });
  core.outsideProblem = undefined;
  if (changedAlike) return;
  editText(core, text, "the file on disk");
  const [old, fresh] = [before, core.dockerfile.instructions].map((each) => each.map((step) => step.summary));
  const outside = { ...compareLists(old!, fresh!), merged: text !== onDisk };
  await core.emit({ type: "dockerfile-changed", steps: viewSteps(core), outside });
}

/**
 * The two texts that conflict, for a person to choose.
 * @throws SlipwayError NOTHING_TO_MERGE, DOCKERFILE_MISSING
 */
export async function mergeOutside(core: SessionCore): Promise<OutsideMerge> {
  const theirs = await readDockerfile(core.options.dockerfilePath);
  if (theirs === undefined) throw missing(core.options.dockerfilePath);
  const texts = { base: core.diskText, ours: core.text, theirs };
  if (theirs === core.diskText || theirs === core.text) {
    throw new SlipwayError("NOTHING_TO_MERGE", "the Dockerfile on disk holds nothing that the session has not taken");
  }
  const { text, firstConflict } = mergeTexts(texts);
  return {
    text,
    line: firstConflict ?? 1,
    ours: mergeTexts(texts, "ours").text,
    theirs: mergeTexts(texts, "theirs").text,
    take: async (chosen) => {
      if (hasConflictMarkers(chosen)) {
        throw new SlipwayError("MERGE_UNRESOLVED", "conflict markers are still in the text", {
          hint: "keep the lines that you want, and take the lines with <<<<<<<, ======= and >>>>>>> out",
        });
      }
      await replaceText(core, chosen, theirs);
    },
  };
}

function missing(path: string): SlipwayError {
  return new SlipwayError("DOCKERFILE_MISSING", `${path} is gone`, {
    hint: "the session keeps its text; `write` makes the file again",
  });
}

function conflict(path: string, conflicts: readonly { ours: LineRange; theirs: LineRange }[]): SlipwayError {
  const places = conflicts.map(({ ours, theirs }) => `${linesOf(ours)} here, ${linesOf(theirs)} there`);
  return new SlipwayError(
    "DOCKERFILE_CONFLICT",
    `${path} was changed where the session changed it too: ${places.join("; ")}. Nothing of that is taken.`,
    {
      hint: "`merge` opens both in your editor; `merge --ours` and `merge --theirs` choose a side where they conflict",
    },
  );
}

function linesOf({ first, last }: LineRange): string {
  if (last < first) return `nothing left at line ${first}`;
  return first === last ? `line ${first}` : `lines ${first}-${last}`;
}
