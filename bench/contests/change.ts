import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeProject } from "../project.ts";
import { openSession, think } from "../session-process.ts";

const steps = 30;

export const change = changeOf("change", 5);
export const lateChange = changeOf("late-change", 29);

/** Both ways of a session: a person who thinks between commands, and commands that come in one piece. */
function changeOf(name: string, step: number): Contest {
  return {
    name,
    title: `Change step ${step} of ${steps}, run on to the end, tag the image`,
    unit: "ms",
    rounds: 5,
    async enter({ slipway, docker, folder, imageName }) {
      let changes = Date.now(); // Nothing that an earlier run left in a cache.
      const changed = () => ({ step, text: `RUN echo ${++changes} > /step-${step}` });
      // FROM is instruction 1.
      const commands = () => `replace ${step + 1} ${changed().text}\ncontinue\ntag ${imageName("hack")}`;
      const project = writeProject(join(folder, "session"), steps);
      const session = openSession(slipway, project);
      await session.send("continue", "stopped");
      return {
        contenders: [
          {
            name: `replace ${step + 1} RUN …, continue, tag in a slipway session`,
            async measure() {
              await think();
              const start = performance.now();
              return (await session.send(commands(), "tagged")).at - start;
            },
          },
          {
            name: "the same, without a pause before it",
            async measure() {
              const fresh = openSession(slipway, project);
              const { at: start } = await fresh.send(`continue\n${commands()}`, "stopped");
              const { at: end } = await fresh.next("tagged");
              await fresh.close();
              return end - start;
            },
          },
          builder("docker build (BuildKit)", "buildkit"),
          builder("docker build (classic)", "classic"),
        ],
        leave: () => session.close(),
      };

      function builder(title: string, kind: "buildkit" | "classic"): Contender {
        const own = join(folder, kind);
        const { words, env } = dockerBuild(docker, kind, ["-t", imageName(kind), own]);
        return {
          name: title,
          measure: () => {
            writeProject(own, steps, changed());
            return timeCommand(words, { env });
          },
        };
      }
    },
  };
}
