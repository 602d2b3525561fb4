import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import type { Growth } from "../growth.ts";
import { writeFiles } from "../project.ts";
import { openSession, think } from "../session-process.ts";
import { enterUndo, largeStep } from "./undo.ts";

const sizes = { axis: "megabytes in the layer before", values: [1, 16, 128, 512, 2048], quickValues: [1, 64] };

export const growthUndo: Growth = {
  name: "growth-undo",
  title: "Back before the last step",
  ...sizes,
  rounds: 3,
  enter: enterUndo,
};

export const growthChange: Growth = {
  name: "growth-change",
  title: "Change the step after a large layer, run it, tag the image",
  ...sizes,
  rounds: 3,
  async enter({ slipway, docker, folder, imageName }, megabytes) {
    let changes = Date.now(); // Nothing that an earlier run left in a cache.
    const changed = () => `RUN echo ${++changes} > /small`;
    const write = (own: string) =>
      writeFiles(join(folder, own), {
        Dockerfile: `FROM debian:bookworm\n${largeStep(megabytes)}\n${changed()}\n`,
      });
    const session = openSession(slipway, write("session"));
    await session.send("continue", "stopped");
    return {
      contenders: [
        {
          name: "replace, continue, tag in a session",
          async measure() {
            await think();
            const start = performance.now();
            const commands = `replace 3 ${changed()}\ncontinue\ntag ${imageName("hack")}`;
            return (await session.send(commands, "tagged")).at - start;
          },
        },
        builder("docker build (BuildKit)", "buildkit"),
        builder("docker build (classic)", "classic"),
      ],
      leave: () => session.close(),
    };

    function builder(name: string, kind: "buildkit" | "classic"): Contender {
      const { words, env } = dockerBuild(docker, kind, ["-t", imageName(kind), write(kind)]);
      return {
        name,
        measure: () => {
          write(kind);
          return timeCommand(words, { env });
        },
      };
    }
  },
};
