import { join } from "node:path";
import type { Contest } from "../contest.ts";
import { writeProject } from "../project.ts";
import { timePrompt } from "../terminal.ts";

export const prompt: Contest = {
  name: "prompt",
  title: "From the command to a prompt",
  unit: "ms",
  rounds: 5,
  async enter({ slipway, docker, folder }) {
    const project = writeProject(join(folder, "project"), 30);
    return {
      contenders: [
        {
          name: "slipway hack DIR",
          measure: () => timePrompt([slipway, "hack", project], /\(slipway\) /, "quit --rm"),
        },
        {
          name: "docker run -it --rm debian:bookworm bash",
          measure: () => timePrompt([docker, "run", "-it", "--rm", "debian:bookworm", "bash"], /# /, "exit"),
        },
      ],
    };
  },
};
