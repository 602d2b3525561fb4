import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeProject } from "../project.ts";

export const replay: Contest = {
  name: "replay",
  title: "A Dockerfile of 30 small steps, from nothing to a tagged image",
  unit: "ms",
  rounds: 5,
  async enter({ slipway, docker, folder, imageName }) {
    const project = writeProject(join(folder, "project"), 30);
    const script = `continue\ntag ${imageName("hack")}\nquit --rm\n`;
    return {
      contenders: [
        {
          name: "slipway hack DIR --no-cache --script -",
          measure: () => timeCommand([slipway, "hack", project, "--no-cache", "--script", "-"], { input: script }),
        },
        builder("docker build --no-cache (BuildKit)", "buildkit"),
        builder("docker build --no-cache (classic)", "classic"),
        {
          name: "slipway build --no-cache",
          measure: () => timeCommand([slipway, "build", "--no-cache", "-t", imageName("build"), project]),
        },
      ],
    };

    function builder(name: string, kind: "buildkit" | "classic"): Contender {
      const { words, env } = dockerBuild(docker, kind, ["--no-cache", "-t", imageName(kind), project]);
      return { name, measure: () => timeCommand(words, { env }) };
    }
  },
};
