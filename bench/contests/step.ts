import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";

const few = 5;
const many = 35;

/** The difference of two lengths leaves only what a step more costs: starting and tagging cancel out. */
export const step: Contest = {
  name: "step",
  title: "What one step RUN true costs, as a part of a long Dockerfile",
  unit: "ms",
  rounds: 5,
  async enter({ slipway, docker, folder, imageName }) {
    const short = writeSteps(join(folder, "short"), few);
    const long = writeSteps(join(folder, "long"), many);
    const script = `continue\ntag ${imageName("hack")}\nquit --rm\n`;
    return {
      contenders: [
        perStep("slipway hack --script", (project) =>
          timeCommand([slipway, "hack", project, "--script", "-"], { input: script }),
        ),
        builder("docker build --no-cache (BuildKit)", "buildkit"),
        builder("docker build --no-cache (classic)", "classic"),
      ],
    };

    function builder(name: string, kind: "buildkit" | "classic"): Contender {
      return perStep(name, (project) => {
        const { words, env } = dockerBuild(docker, kind, ["--no-cache", "-t", imageName(kind), project]);
        return timeCommand(words, { env });
      });
    }

    function perStep(name: string, time: (project: string) => Promise<number>): Contender {
      return { name, measure: async () => ((await time(long)) - (await time(short))) / (many - few) };
    }
  },
};

function writeSteps(folder: string, count: number): string {
  mkdirSync(folder);
  writeFileSync(join(folder, "Dockerfile"), `FROM debian:bookworm\n${"RUN true\n".repeat(count)}`);
  return folder;
}
