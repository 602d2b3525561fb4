import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";
import { SlipwayError } from "../../errors.ts";
import { startDebootstrap } from "./debootstrap.ts";
import { startMmdebstrap } from "./mmdebstrap.ts";
import type { BaseSpec } from "./suite.ts";

export interface Bootstrap {
  readonly tool: "mmdebstrap" | "debootstrap";
  /** The root file system as a tar archive, sorted, nothing in it younger than the source date. */
  readonly archive: Readable;
  /** Rejects with BOOTSTRAP_FAILED and the tool's last words; the archive is good only when this resolves. */
  readonly finished: Promise<void>;
}

export interface BootstrapOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sourceDate: number;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Installs the suite's packages into a fresh root with what this machine has. Errors: BOOTSTRAP_MISSING. */
export async function startBootstrap(spec: BaseSpec, options: BootstrapOptions): Promise<Bootstrap> {
  if (await isInstalled("mmdebstrap", options.env)) return startMmdebstrap(spec, options);
  if (await isInstalled("debootstrap", options.env)) return startDebootstrap(spec, options);
  throw new SlipwayError(
    "BOOTSTRAP_MISSING",
    "a base image needs mmdebstrap or debootstrap, and neither is installed",
    {
      hint: (await isInstalled("apt-get", options.env))
        ? "apt-get install --yes mmdebstrap   (as root)"
        : "run this on a Debian machine with mmdebstrap, with --host naming your engine",
    },
  );
}

async function isInstalled(program: string, env: BootstrapOptions["env"]): Promise<boolean> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
