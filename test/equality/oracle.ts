import { execa } from "execa";
import { dockerClient } from "./docker.ts";
import type { PreparedFixture } from "./fixture.ts";

/** Builds a fixture with the engine's BuildKit. Throws with the build's output. */
export async function buildOracle(host: string, fixture: PreparedFixture, tag: string): Promise<void> {
  await execa(dockerClient, ["build", "--progress=plain", "--tag", tag, ...fixture.args, "."], {
    cwd: fixture.context,
    env: { DOCKER_HOST: host, DOCKER_BUILDKIT: "1" },
    stdin: "ignore",
    all: true,
  });
}
