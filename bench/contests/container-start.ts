import { copyFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { writeFiles } from "../project.ts";
import { initBinary } from "../supervisors/supervisors.ts";

/** Answers each connection with a line. */
const server =
  'use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 80, Listen => 5) or die; while ($c = $s->accept) { print $c "ok\\n"; close $c }';

const inits = [
  { name: "the application alone", entrypoint: ["perl", "/app.pl"] },
  { name: "slipway-init /circus.ini", entrypoint: ["/sbin/slipway-init", "/circus.ini"] },
  { name: "tini", entrypoint: ["/sbin/tini", "--", "perl", "/app.pl"] },
  { name: "dumb-init", entrypoint: ["/sbin/dumb-init", "perl", "/app.pl"] },
];

export const containerStart: Contest = {
  name: "container-start",
  title: "From docker start until the application answers",
  unit: "ms",
  rounds: 10,
  async enter({ slipway, docker, folder, imageName }) {
    const project = writeFiles(join(folder, "project"), {
      Dockerfile: "FROM debian:bookworm\nCOPY slipway-init tini dumb-init /sbin/\nCOPY app.pl circus.ini /\n",
      "app.pl": server,
      "circus.ini": "[watcher:app]\ncmd = perl /app.pl\n",
    });
    copyFileSync(initBinary(slipway), join(project, "slipway-init"));
    for (const program of ["tini", "dumb-init"]) copyFileSync(`/usr/bin/${program}`, join(project, program));
    const image = imageName("start");
    const build = dockerBuild(docker, "buildkit", ["-t", image, project]);
    await runCommand(build.words, { env: build.env });
    const containers: string[] = [];
    return {
      contenders: await Promise.all(inits.map(contender)),
      leave: async () => {
        await runCommand([docker, "rm", "--force", ...containers]);
      },
    };

    async function contender({ name, entrypoint: [program, ...args] }: (typeof inits)[number]): Promise<Contender> {
      const create = [docker, "create", "--label", "slipway.test=bench", "--entrypoint", program!, image, ...args];
      const container = (await runCommand(create)).trim();
      containers.push(container);
      return {
        name,
        async measure() {
          const start = performance.now();
          await runCommand([docker, "start", container]);
          const format = "{{.NetworkSettings.IPAddress}}";
          const address = (await runCommand([docker, "inspect", "--format", format, container])).trim();
          while (!(await answers(address))) await sleep(1);
          const milliseconds = performance.now() - start;
          await runCommand([docker, "kill", container]);
          return milliseconds;
        },
      };
    }
  },
};

async function answers(address: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(80, address);
    socket.once("data", () => resolve(true));
    // Nobody listens yet.
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
