import { join } from "node:path";
import { execa } from "execa";
import type { PreparedFixture } from "./fixture.ts";

const program = join(import.meta.dirname, "../../dist/js/main.js");

/** Replays a fixture to its end in a session, without what the oracle left in the engine's cache, and tags what came of it. Throws with the session's output. */
export async function buildCandidate(host: string, fixture: PreparedFixture, tag: string): Promise<void> {
  await execa(process.execPath, [program, "hack", ".", "--no-cache", "--script", "-", ...fixture.args], {
    cwd: fixture.context,
    env: { DOCKER_HOST: host, XDG_STATE_HOME: fixture.stateHome },
    input: `continue\ntag ${tag}\nquit --rm\n`,
    all: true,
  });
}
