import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { openSession } from "../session-process.ts";

const port = 8000;

/** A small web server in the base image's own Perl, with a step before its files and a check after them. */
const dockerfile = `FROM debian:bookworm
RUN mkdir /data && echo installed > /data/packages
WORKDIR /srv
COPY app/ ./
RUN perl -c server.pl
EXPOSE ${port}
CMD ["perl", "server.pl"]
`;

export const watch: Contest = {
  name: "watch",
  title: "Save a file, until the application answers with it",
  unit: "ms",
  rounds: 5,
  async enter({ slipway, docker, folder, imageName }) {
    const project = writeServer(join(folder, "session"), "first");
    const session = openSession(slipway, project, ["--watch", "--launch"]);
    await session.send("", "watching");
    let changes = 0;
    const containers = new Set<string>();
    return {
      contenders: [
        {
          name: "slipway hack --watch --launch",
          async measure() {
            const answer = `answer ${++changes}`;
            const start = performance.now();
            writeServer(project, answer);
            const { addresses } = await session.send("", "launched");
            await answers((addresses as string[])[0]!, answer);
            return performance.now() - start;
          },
        },
        builder("docker build, docker run (BuildKit)", "buildkit"),
        builder("docker build, docker run (classic)", "classic"),
      ],
      async leave() {
        await session.close();
        for (const container of containers) await runCommand([docker, "rm", "-f", container]);
      },
    };

    function builder(name: string, kind: "buildkit" | "classic"): Contender {
      const project = writeServer(join(folder, kind), "first");
      const image = imageName(kind);
      const container = image.replace(":", "-");
      const { words, env } = dockerBuild(docker, kind, ["-t", image, project]);
      return {
        name,
        async measure() {
          const answer = `answer ${++changes}`;
          const start = performance.now();
          writeServer(project, answer);
          await runCommand(words, { env });
          if (containers.has(container)) await runCommand([docker, "rm", "-f", container]);
          containers.add(container);
          await runCommand([docker, "run", "-d", "--name", container, image]);
          const inspect = [docker, "inspect", "-f", "{{.NetworkSettings.IPAddress}}", container];
          await answers((await runCommand(inspect)).trim(), answer);
          return performance.now() - start;
        },
      };
    }
  },
};

function writeServer(folder: string, answer: string): string {
  mkdirSync(join(folder, "app"), { recursive: true });
  writeFileSync(join(folder, "Dockerfile"), dockerfile);
  writeFileSync(
    join(folder, "app/server.pl"),
    `use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => ${port}, Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  while (<$client>) { last if /^\\r?\\n/ }
  print $client "HTTP/1.0 200 OK\\r\\n\\r\\n${answer}";
  close $client;
}
`,
  );
  return folder;
}

/** Asks until the answer comes. */
async function answers(address: string, expected: string): Promise<void> {
  const patience = AbortSignal.timeout(60_000);
  for (;;) {
    const text = await fetch(`http://${address}:${port}/`, { signal: patience }).then(
      (response) => response.text(),
      () => undefined,
    );
    patience.throwIfAborted();
    if (text === expected) return;
    await sleep(2);
  }
}
