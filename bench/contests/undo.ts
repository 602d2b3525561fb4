import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Arena, Contender, Contest, Entered } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeFiles } from "../project.ts";
import { openSession, think } from "../session-process.ts";

export const undo: Contest = {
  name: "undo",
  title: "Back before the last step, with 200 MB in the layers",
  unit: "ms",
  rounds: 5,
  enter: (arena) => enterUndo(arena, 200),
};

/** By hand one builds the Dockerfile without its last line, which the cache holds, and runs that. */
export async function enterUndo({ slipway, docker, folder, imageName }: Arena, megabytes: number): Promise<Entered> {
  const before = ["FROM debian:bookworm", largeStep(megabytes)];
  const short = writeDockerfile(join(folder, "short"), before);
  const project = writeDockerfile(join(folder, "project"), [...before, "RUN echo small > /small"]);
  const session = openSession(slipway, project);
  await session.send("continue", "stopped");
  return {
    contenders: [
      {
        name: "undo in a slipway session",
        async measure() {
          await think();
          const start = performance.now();
          const { at } = await session.send("undo", "moved");
          await session.send("redo", "moved");
          return at - start;
        },
      },
      {
        name: "the same, without a pause before it",
        async measure() {
          const fresh = openSession(slipway, project);
          const { at: start } = await fresh.send("continue\nundo", "stopped");
          const { at: end } = await fresh.next("moved");
          await fresh.close();
          return end - start;
        },
      },
      builder("docker build, docker run (BuildKit)", "buildkit"),
      builder("docker build, docker run (classic)", "classic"),
    ],
    leave: () => session.close(),
  };

  function builder(name: string, kind: "buildkit" | "classic"): Contender {
    const image = imageName(kind);
    const build = (of: string) => dockerBuild(docker, kind, ["-t", image, of]);
    let isFirst = true;
    return {
      name,
      async measure() {
        if (isFirst) await timeCommand(build(project).words, { env: build(project).env });
        isFirst = false;
        const built = await timeCommand(build(short).words, { env: build(short).env });
        return built + (await timeCommand([docker, "run", "--rm", image, "true"]));
      },
    };
  }
}

/** Makes a layer of so many megabytes that don't compress. */
export function largeStep(megabytes: number): string {
  return `RUN head -c ${megabytes}M /dev/urandom > /large`;
}

function writeDockerfile(folder: string, lines: readonly string[]): string {
  return writeFiles(folder, { Dockerfile: `${lines.join("\n")}\n` });
}
