// The engine of a script: DOCKER_HOST's, or a private one for the length of the script, of which nothing is left afterwards.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slipway } from "./program.mjs";
import { say } from "./say.mjs";

/** Runs `action` with the address of an engine, as in DOCKER_HOST. */
export async function withEngine(action) {
  if (process.env.DOCKER_HOST) return action(process.env.DOCKER_HOST);
  const folder = mkdtempSync(join(tmpdir(), "slipway-engine-"));
  const env = { SLIPWAY_ENGINE_DIR: folder };
  say("starting a private engine");
  try {
    return await action(await slipway(["engine", "start"], env));
  } finally {
    // What an interrupted test left running in it goes with it.
    await slipway(["engine", "stop", "--force"], env);
    rmSync(folder, { recursive: true, force: true });
  }
}
