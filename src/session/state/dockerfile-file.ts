import { randomUUID } from "node:crypto";
import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createTwoFilesPatch } from "diff";
import { SlipwayError } from "../../errors.ts";
import type { SessionCore } from "../core.ts";

/**
 * Puts the session's text on disk: a new file beside the old one takes its place in one step, with its mode. A symbolic
 * link stays one.
 * @throws SlipwayError DOCKERFILE_CHANGED with the difference when somebody else wrote to it meanwhile.
 */
export async function writeDockerfile(core: SessionCore): Promise<void> {
  const path = await realpath(core.options.dockerfilePath);
  const onDisk = await readFile(path, "utf8");
  if (onDisk === core.text) {
    core.diskText = onDisk;
    return;
  }
  if (onDisk !== core.diskText) {
    throw new SlipwayError(
      "DOCKERFILE_CHANGED",
      `${path} was changed by somebody else since the session read it:\n${patch(path, core.diskText, onDisk)}`,
      { hint: "take that over with 'edit', or put the file back, then 'write' again; nothing was written" },
    );
  }
  const { mode } = await stat(path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(temporary, "wx", mode & 0o777);
    try {
      await file.writeFile(core.text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new SlipwayError("DOCKERFILE_UNWRITTEN", `${path} can't be written: ${(cause as Error).message}`, {
      hint: "the file on disk is as it was, and the session keeps its text",
      cause,
    });
  }
  core.diskText = core.text;
  await core.save();
}

function patch(path: string, before: string, after: string): string {
  return createTwoFilesPatch(path, path, before, after, "as read", "now", { context: 1 })
    .split("\n")
    .slice(1)
    .join("\n")
    .trimEnd();
}
