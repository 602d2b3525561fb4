// A private engine for the length of one script: own socket, data and bridge, nothing of it left afterwards.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slipway } from "./program.mjs";
import { say } from "./say.mjs";

/** Starts an engine in a folder of its own. `stop` ends it and removes its folder. */
export async function startPrivateEngine() {
  const folder = mkdtempSync(join(tmpdir(), "slipway-engine-"));
  const env = { SLIPWAY_ENGINE_DIR: folder };
  const stop = async () => {
    await slipway(["engine", "stop"], env);
    rmSync(folder, { recursive: true, force: true });
  };
  say("starting a private engine");
  try {
    return { host: await slipway(["engine", "start"], env), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
