import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeProject } from "../project.ts";
import { openSession } from "../session-process.ts";

export const change: Contest = {
  name: "change",
  title: "Change step 5 of 30, run on to the end, tag the image",
  unit: "ms",
  rounds: 5,
  async enter({ slipway, docker, folder, imageName }) {
    const session = openSession(slipway, writeProject(join(folder, "session"), 30));
    await session.send("continue", "stopped");
    let changes = 0;
    const fifth = () => `RUN echo ${++changes} > /step-5`;
    return {
      contenders: [
        {
          name: "replace 6 RUN …, continue, tag in a slipway session",
          async measure() {
            const start = performance.now();
            // FROM is instruction 1, so that step 5 is the sixth.
            await session.send(`replace 6 ${fifth()}\ncontinue\ntag ${imageName("hack")}`, "tagged");
            return performance.now() - start;
          },
        },
        builder("docker build (BuildKit)", "buildkit"),
        builder("docker build (classic)", "classic"),
      ],
      leave: () => session.close(),
    };

    function builder(name: string, kind: "buildkit" | "classic"): Contender {
      const project = join(folder, kind);
      const { words, env } = dockerBuild(docker, kind, ["-t", imageName(kind), project]);
      return {
        name,
        measure: () => {
          writeProject(project, 30, fifth());
          return timeCommand(words, { env });
        },
      };
    }
  },
};
