import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { SlipwayError } from "../../errors.ts";

/**
 * The path of a file or folder that this installation brings, such as `images/base` or `agent/slipway-init-linux-amd64`: beside the
 * bundled program first, then in a source tree. Errors: INSTALLATION_INCOMPLETE.
 */
export async function findInstalled(path: string): Promise<string> {
  const places = ["../", "../../../dist/"].map((folder) => fileURLToPath(new URL(folder + path, import.meta.url)));
  for (const place of places) {
    const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found) return place;
  }
  throw new SlipwayError("INSTALLATION_INCOMPLETE", `this installation has no ${path}`, {
    hint: "install Slipway again; in a source tree, run `node scripts/build.mjs` and `node scripts/build-agent.mjs`",
  });
}
