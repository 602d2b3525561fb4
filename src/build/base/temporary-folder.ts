import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { SlipwayError } from "../../errors.ts";

export interface TemporaryFolder {
  readonly folder: string;
  /** Errors: BOOTSTRAP_MOUNTED, when a file system is mounted in it and stays so. */
  removeFolder(): Promise<void>;
}

/** A folder that the users of a namespace may enter too: mmdebstrap without root works as such. */
export async function makeTemporaryFolder(): Promise<TemporaryFolder> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-base-"));
  await chmod(folder, 0o755);
  return { folder, removeFolder: () => removeUnmounted(folder) };
}

/** A tool that was killed leaves the machine's own /proc and /sys mounted in its root: removing must never reach into them. */
async function removeUnmounted(folder: string): Promise<void> {
  for (const mountPoint of (await mountsIn(folder)).reverse()) await execa("umount", [mountPoint], { reject: false });
  const [left] = await mountsIn(folder);
  if (left !== undefined) {
    throw new SlipwayError("BOOTSTRAP_MOUNTED", `${folder} is not removed: a file system is mounted at ${left}`, {
      hint: `umount it, then remove the folder`,
    });
  }
  await rm(folder, { recursive: true, force: true });
}

/** In the order in which they were mounted. */
async function mountsIn(folder: string): Promise<string[]> {
  const mounts = await readFile("/proc/self/mounts", "utf8");
  return mounts
    .split("\n")
    .map((line) =>
      (line.split(" ")[1] ?? "").replace(/\\([0-7]{3})/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 8)),
      ),
    )
    .filter((mountPoint) => mountPoint.startsWith(`${folder}/`));
}
