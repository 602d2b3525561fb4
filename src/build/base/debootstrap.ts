import type { Bootstrap, BootstrapOptions } from "./bootstrap.ts";
import { runTool } from "./run-tool.ts";
import type { BaseSpec } from "./suite.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/**
 * debootstrap makes a folder, of the suite without its updates; GNU tar makes the archive of it, as reproducible as mmdebstrap's.
 * It needs root. The folder is removed when the archive has been read.
 */
export async function startDebootstrap(spec: BaseSpec, options: BootstrapOptions): Promise<Bootstrap> {
  const { folder, removeFolder } = await makeTemporaryFolder();
  try {
    await runTool("debootstrap", debootstrapArgs(spec, folder), options, { talksOn: "stdout" }).finished;
  } catch (error) {
    await removeFolder();
    throw error;
  }
  const { stdout, finished } = runTool("tar", tarArgs(folder, options.sourceDate), options);
  const cleaned = finished.finally(removeFolder);
  cleaned.catch(() => {});
  return { tool: "debootstrap", archive: stdout, finished: cleaned };
}

function debootstrapArgs({ suite, include, mirror, platform }: BaseSpec, folder: string): string[] {
  return [
    "--variant=minbase",
    ...(include.length === 0 ? [] : [`--include=${include.join(",")}`]),
    ...(platform === undefined ? [] : [`--arch=${platform.debian}`]),
    suite,
    folder,
    mirror,
  ];
}

function tarArgs(folder: string, sourceDate: number): string[] {
  return [
    "--create",
    "--directory",
    folder,
    "--sort=name",
    "--numeric-owner",
    "--xattrs",
    "--xattrs-include=*",
    "--format=posix",
    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
    `--mtime=@${sourceDate}`,
    "--clamp-mtime",
    ".",
  ];
}
