import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeFiles } from "../project.ts";

const few = 5;

/** The difference of two lengths leaves only what a step more costs: starting and tagging cancel out. */
export const step: Contest = {
  name: "step",
  title: "What one step RUN true costs, as a part of a long Dockerfile",
  unit: "ms",
  rounds: 3,
  async enter({ slipway, docker, folder, imageName }) {
    const script = `continue\ntag ${imageName("hack")}\nquit --rm\n`;
    return {
      // The dearer a step, the fewer of them stand out from the noise. An image has at most 127 layers.
      contenders: [
        perStep("slipway hack --script", 205, (project) =>
          timeCommand([slipway, "hack", project, "--script", "-"], { input: script }),
        ),
        builder("docker build --no-cache (BuildKit)", "buildkit", 65),
        builder("docker build --no-cache (classic)", "classic", 15),
      ],
    };

    function builder(name: string, kind: "buildkit" | "classic", many: number): Contender {
      return perStep(name, many, (project) => {
        const { words, env } = dockerBuild(docker, kind, ["--no-cache", "-t", imageName(kind), project]);
        return timeCommand(words, { env });
      });
    }

    function perStep(name: string, many: number, time: (project: string) => Promise<number>): Contender {
      return {
        name: `${name}, ${many} steps less ${few}`,
        async measure() {
          const [short, long] = [few, many].map((count) => writeSteps(join(folder, String(count)), count));
          return ((await time(long!)) - (await time(short!))) / (many - few);
        },
      };
    }
  },
};

function writeSteps(folder: string, count: number): string {
  return writeFiles(folder, { Dockerfile: `FROM debian:bookworm\n${"RUN true\n".repeat(count)}` });
}
