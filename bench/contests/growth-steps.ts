import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import type { Growth } from "../growth.ts";
import { writeProject } from "../project.ts";

/** The engine refuses an image of more layers, so the builders end there. Of ten steps here, nine make one. */
const mostBuilt = 125;

export const growthSteps: Growth = {
  name: "growth-steps",
  title: "From nothing to a tagged image",
  axis: "steps",
  values: [10, 30, 100, 300, 1000],
  quickValues: [10, 100],
  rounds: 3,
  async enter({ slipway, docker, folder, imageName }, steps) {
    const project = writeProject(join(folder, "project"), steps);
    const script = `continue\ntag ${imageName("hack")}\nquit --rm\n`;
    const session: Contender = {
      name: "slipway hack --script",
      measure: () => timeCommand([slipway, "hack", project, "--script", "-"], { input: script }),
    };
    if (steps > mostBuilt) return { contenders: [session] };
    return {
      contenders: [
        session,
        builder("docker build --no-cache (BuildKit)", "buildkit"),
        builder("docker build --no-cache (classic)", "classic"),
      ],
    };

    function builder(name: string, kind: "buildkit" | "classic"): Contender {
      const { words, env } = dockerBuild(docker, kind, ["--no-cache", "-t", imageName(kind), project]);
      return { name, measure: () => timeCommand(words, { env }) };
    }
  },
};
