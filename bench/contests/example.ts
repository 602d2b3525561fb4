import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timeCommand } from "../command.ts";
import type { Contender, Contest } from "../contest.ts";
import { dockerBuild } from "../docker-client.ts";
import { openSession, think } from "../session-process.ts";

/** How each instruction of examples/guestbook is changed: its text, or a file that it copies. */
type Change = { readonly from: string; readonly to: (count: number) => string } | { readonly file: string };

/** Those that install packages take as long as that takes, whoever does it: they have a contest of their own. */
const withoutPackages: readonly Change[] = [
  { file: "src/guestbook.c" },
  { from: "RUN gcc -std=c11 -O2", to: (count) => `RUN gcc -std=c11 -O2 -DROUND=${count}` },
  { from: 'title="guestbook"', to: (count) => `title="guestbook ${count}"` },
  { from: "COPY --from=build /src/guestbook", to: () => "COPY --chmod=755 --from=build /src/guestbook" },
  { file: "nginx.conf" },
  { file: "static/style.css" },
  { file: "start.sh" },
  { from: "RUN install -d", to: (count) => `RUN : ${count}; install -d` },
  { from: "RUN nginx -t", to: (count) => `RUN : ${count}; nginx -t` },
  { from: "VOLUME /var/lib/guestbook", to: (count) => `VOLUME /var/lib/guestbook /var/lib/other-${count}` },
  { from: "EXPOSE 80", to: (count) => `EXPOSE 80 ${8000 + count}` },
  { from: 'CMD ["start-guestbook"', to: (count) => `CMD ["start-guestbook", "${count}"` },
];
const withPackages: readonly Change[] = [
  { from: "gcc libc6-dev", to: (count) => `gcc libc6-dev; : ${count}` },
  { from: "nginx-light spawn-fcgi", to: (count) => `nginx-light spawn-fcgi; : ${count}` },
];

export const example = exampleOf("example", "but the two that install packages", withoutPackages, 3);
export const examplePackages = exampleOf("example-packages", "that installs packages", withPackages, 1);

/**
 * Each instruction of an image of nginx and an application is changed in turn, and a command run in what comes of it: the sum of
 * all loops.
 */
function exampleOf(name: string, which: string, changes: readonly Change[], rounds: number): Contest {
  return {
    name,
    title: `Change each instruction of examples/guestbook ${which}, run on, look: the sum of ${changes.length} loops`,
    unit: "ms",
    rounds,
    slow: true,
    async enter({ slipway, docker, folder, imageName }) {
      let count = (Date.now() % 1000) * 20; // Nothing that an earlier run left in a cache.
      const project = copyExample("session");
      const session = openSession(slipway, project);
      await session.send("continue", "stopped");
      return {
        contenders: [
          inSession("write the Dockerfile; continue, run true in a slipway session", think),
          inSession("the same, without a pause", async () => {}),
          await builder("docker build, docker run IMAGE true (BuildKit)", "buildkit"),
        ],
        leave: () => session.close(),
      };

      function copyExample(owner: string): string {
        const own = join(folder, owner);
        cpSync("examples/guestbook", own, { recursive: true });
        writeFileSync(join(own, "Dockerfile"), readExample());
        return own;
      }

      function inSession(title: string, pause: () => Promise<void>): Contender {
        return {
          name: title,
          measure: () =>
            sumOfLoops(project, pause, async () => {
              await session.send("continue\nrun true", "hand-finished");
            }),
        };
      }

      async function builder(title: string, kind: "buildkit" | "classic"): Promise<Contender> {
        const own = copyExample(kind);
        const image = imageName(kind);
        const { words, env } = dockerBuild(docker, kind, ["-t", image, own]);
        await timeCommand(words, { env });
        return {
          name: title,
          measure: () =>
            sumOfLoops(
              own,
              async () => {},
              async () => {
                await timeCommand(words, { env });
                await timeCommand([docker, "run", "--rm", image, "true"]);
              },
            ),
        };
      }

      /** A loop begins with the change; what a change leaves is where the next one begins. */
      async function sumOfLoops(own: string, pause: () => Promise<void>, run: () => Promise<unknown>): Promise<number> {
        let sum = 0;
        const original = readExample();
        for (const change of changes) {
          count++;
          await pause();
          const start = performance.now();
          applyChange(own, original, change, count);
          await run();
          sum += performance.now() - start;
        }
        return sum;
      }
    },
  };
}

/** The example's Dockerfile, without the bug that it has for a demonstration to find. */
function readExample(): string {
  const text = readFileSync("examples/guestbook/Dockerfile", "utf8");
  return text.replace("RUN mkdir -p /var/lib/guestbook", "RUN install -d -o www-data /var/lib/guestbook");
}

function applyChange(project: string, original: string, change: Change, count: number): void {
  if ("file" in change) {
    const [open, close] = /\.(c|css)$/.test(change.file) ? ["/*", "*/"] : ["#", ""];
    appendFileSync(join(project, change.file), `${open} ${count} ${close}\n`);
    return;
  }
  if (!original.includes(change.from)) throw new Error(`examples/guestbook/Dockerfile has no ${change.from}`);
  writeFileSync(join(project, "Dockerfile"), original.replace(change.from, change.to(count)));
}
