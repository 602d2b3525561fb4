import { chmod, copyFile, cp, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findInstalled } from "./installed-files.ts";

/** The build context of `slipway/base`: its Dockerfile and files, and slipway-init for an architecture. Gone when disposed. */
export async function prepareInitContext(architecture: string): Promise<AsyncDisposable & { readonly path: string }> {
  const [image, program] = await Promise.all([
    findInstalled("images/base"),
    findInstalled(`agent/slipway-init-linux-${architecture}`),
  ]);
  const path = await mkdtemp(join(tmpdir(), "slipway-base-"));
  const remove = () => rm(path, { recursive: true, force: true });
  try {
    await cp(image, path, { recursive: true });
    await openToAll(path);
    await copyFile(program, join(path, "slipway-init"));
    await chmod(join(path, "slipway-init"), 0o755);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}

/** Modes don't depend on how Slipway was installed: cron and logrotate refuse files that a group can write. */
async function openToAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    await chmod(path, entry.isDirectory() || (await isScript(path)) ? 0o755 : 0o644);
  }
}

async function isScript(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read({ buffer: Buffer.alloc(2) });
  return buffer.toString() === "#!";
}
