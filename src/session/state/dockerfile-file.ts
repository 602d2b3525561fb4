import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";
import { readDockerfile, takeOutsideEdits } from "./outside-edits.ts";

/**
 * Puts the session's text on disk, with what others changed there merged in: a new file beside the old one takes its place
 * in one step, with its mode. A symbolic link stays one; a file that is gone is made again.
 * @throws SlipwayError DOCKERFILE_CONFLICT, DOCKERFILE_INVALID_ON_DISK: nothing is written over what others changed.
 */
export async function writeDockerfile(core: SessionCore): Promise<void> {
  await takeOutsideEdits(core);
  const problem = core.outsideProblem;
  if (problem?.onDisk !== undefined) throw notWritten(problem.error);
  const isGone = problem !== undefined;
  if (!isGone && core.text === core.diskText) return;
  const given = core.options.dockerfilePath;
  const path = isGone ? given : await realpath(given);
  const mode = isGone ? 0o644 : (await stat(path)).mode & 0o777;
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(core.text);
      await file.sync();
    } finally {
      await file.close();
    }
    await requireAsTaken(given, isGone ? undefined : core.diskText);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof SlipwayError) throw cause;
    throw new SlipwayError("DOCKERFILE_UNWRITTEN", `${path} can't be written: ${(cause as Error).message}`, {
      hint: "the file on disk is as it was, and the session keeps its text",
      cause,
    });
  }
  core.outsideProblem = undefined;
  core.ledger.record({ type: "disk", text: core.text });
}

/** Somebody may save the file in the very moment in which we write ours. */
async function requireAsTaken(path: string, expected: string | undefined): Promise<void> {
  if ((await readDockerfile(path)) === expected) return;
  throw new SlipwayError("DOCKERFILE_CHANGED", `${path} was changed just now; nothing is written`, {
    hint: "`write` again: that takes it over first",
  });
}

function notWritten({ code, message, hint }: SlipwayError): SlipwayError {
  const way = code === "DOCKERFILE_INVALID_ON_DISK" ? "mend the file on disk, or `merge` in your editor" : hint;
  return new SlipwayError(code, `nothing is written: ${message}`, { hint: way });
}
