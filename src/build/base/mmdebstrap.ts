import type { Bootstrap, BootstrapOptions } from "./bootstrap.ts";
import { runTool } from "./run-tool.ts";
import { type BaseSpec, sourceLines } from "./suite.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

/** mmdebstrap writes a reproducible archive itself, and needs no root where user namespaces are allowed. */
export async function startMmdebstrap(spec: BaseSpec, options: BootstrapOptions): Promise<Bootstrap> {
  // Interrupted, it leaves some of its own files behind.
  const { folder, removeFolder } = await makeTemporaryFolder();
  const { stdout, finished } = runTool(
    "mmdebstrap",
    [
      "--verbose",
      "--variant=minbase",
      "--format=tar",
      // Merged from the start, so that no package has to do it: usrmerge would bring the whole of perl.
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      `--include=${["usr-is-merged", ...spec.include].join(",")}`,
      "--dpkgopt=force-unsafe-io",
      ...(spec.platform === undefined ? [] : [`--architectures=${spec.platform.debian}`]),
      spec.suite,
      "-",
      ...sourceLines(spec),
    ],
    options,
    { temporaryFolder: folder },
  );
  const cleaned = finished.finally(removeFolder);
  cleaned.catch(() => {});
  return { tool: "mmdebstrap", archive: stdout, finished: cleaned };
}
