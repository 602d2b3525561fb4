import { join } from "node:path";
import { runCommand } from "../command.ts";
import type { Contest } from "../contest.ts";
import { writeProject } from "../project.ts";
import { timePrompt } from "../terminal.ts";

/** The session and the container stay as they are from one round to the next. */
export const resume: Contest = {
  name: "resume",
  title: "Back in a session of 30 steps that was left, to its prompt",
  unit: "ms",
  rounds: 5,
  async enter({ slipway, docker, folder }) {
    const project = writeProject(join(folder, "project"), 30);
    await runCommand([slipway, "hack", project, "--script", "-"], { input: "continue\nquit\n" });
    const words = [slipway, "hack", project, "--resume"];
    const container = (await runCommand([docker, "run", "-dit", "debian:bookworm", "bash"])).trim();
    return {
      contenders: [
        { name: "slipway hack DIR --resume", measure: () => timePrompt(words, /\(slipway\) /, "quit") },
        {
          name: "docker exec -it CONTAINER bash",
          measure: () => timePrompt([docker, "exec", "-it", container, "bash"], /# /, "exit"),
        },
      ],
      async leave() {
        await runCommand([...words, "--script", "-"], { input: "quit --rm\n" });
        await runCommand([docker, "rm", "-f", container]);
      },
    };
  },
};
