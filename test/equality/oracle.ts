import { ExecaError, execa } from "execa";
import { dockerClient } from "./docker.ts";
import type { PreparedFixture } from "./fixture.ts";

/** Builds a fixture with the engine's BuildKit. Throws with the build's output. */
export async function buildOracle(host: string, fixture: PreparedFixture, tag: string): Promise<void> {
  const build = () =>
    execa(dockerClient, ["build", "--progress=plain", "--tag", tag, ...fixture.args, "."], {
      cwd: fixture.context,
      env: { DOCKER_HOST: host, DOCKER_BUILDKIT: "1" },
      stdin: "ignore",
      all: true,
    });
  try {
    await build();
  } catch (error) {
    // The 20.10 client may close its session before an engine of 26.1 has fetched a secret.
    if (!(error instanceof ExecaError && String(error.all).includes("the client connection is closing"))) throw error;
    await build();
  }
}
