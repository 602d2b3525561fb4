import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeLargeContext } from "../large-context.ts";
import { openSession } from "../session-process.ts";

const size = { files: 50_000, bytes: 2 * 1024 ** 3 };

/** The first round, which does not count, sends the context. */
export const context: Contest = {
  name: "context",
  title: "A context of 50,000 files and 2 GB that has not changed",
  unit: "ms",
  slow: true,
  rounds: 5,
  async enter({ slipway, docker, folder, imageName }) {
    const project = join(folder, "project");
    writeLargeContext(project, size);
    writeFileSync(join(project, "Dockerfile"), "FROM debian:bookworm\nCOPY . /app\n");
    const session = openSession(slipway, project);
    await session.send("continue", "stopped");
    return {
      contenders: [
        {
          name: "continue in a slipway session",
          async measure() {
            const start = performance.now();
            await session.send("continue", "stopped");
            return performance.now() - start;
          },
        },
        { name: "slipway build", measure: () => timeCommand([slipway, "build", "-t", imageName("build"), project]) },
        dockerContender(),
      ],
      async leave() {
        await session.close();
        rmSync(project, { recursive: true });
      },
    };

    function dockerContender(): Contender {
      const { words, env } = dockerBuild(docker, "buildkit", ["-t", imageName("docker"), project]);
      return { name: "docker build (BuildKit)", measure: () => timeCommand(words, { env }) };
    }
  },
};
