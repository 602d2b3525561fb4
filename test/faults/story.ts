import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, DrivenProgram, type DriveOptions } from "../driven-program.ts";
import { docker } from "../equality/docker.ts";

/** Everything that it makes is below /story, so that one look tells what a state holds. */
const dockerfile = `FROM debian:bookworm AS tools
RUN mkdir /story && echo tool > /story/tool
FROM debian:bookworm
RUN mkdir /story && echo one > /story/one
COPY file /story/file
ENV NAME=value
RUN echo "$NAME" > /story/two && ln /story/two /story/linked
COPY --from=tools /story/tool /story/tool
RUN test -e /story/by-hand && chmod 600 /story/by-hand
RUN echo last > /story/last; exit 3
USER daemon
`;

/** What a person does in it: steps, work by hand, edits, going back, break points, a failure; the image at its end. */
export const commands: readonly string[] = [
  "break 10",
  "next 2",
  "until 5",
  "run echo by hand > /story/by-hand",
  "run cat /story/by-hand",
  "undo",
  "redo",
  "adopt",
  "continue",
  "insert 9 RUN echo inserted > /story/inserted",
  "delete",
  "continue",
  "run echo mended > /story/mended",
  "replace 12 RUN echo last > /story/last",
  "continue",
  "goto 5",
  "undo 2",
  "continue",
  "remove 9",
  "replace 9 RUN echo last > /story/last",
  "continue",
  "write",
];

/** Those that go over several steps: what was done of them before a kill is done. */
const goesOn = /^(next|until|continue|goto|undo|redo)\b/;

const look =
  "run cd /story && find . -exec stat -c '%n %f %u:%g %s %h' {} + | sort && find . -type f -exec sha256sum {} + | sort";

/** A project folder, and a state folder for its session. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function setStage(host: string): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-faults-"));
  await mkdir(join(folder, "context"));
  await writeFile(join(folder, "context/Dockerfile"), dockerfile);
  await writeFile(join(folder, "context/file"), "from the context\n");
  return {
    folder: join(folder, "context"),
    env: { DOCKER_HOST: host, XDG_STATE_HOME: join(folder, "state") },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function drive(
  stage: Stage,
  args: readonly string[] = ["--no-cache"],
  options: Partial<DriveOptions> = {},
): DrivenProgram {
  return new DrivenProgram({
    ...options,
    args: [".", ...args],
    cwd: stage.folder,
    env: { ...stage.env, ...options.env },
  });
}

/** What a session holds: its text and steps, and the files that its container shows. */
export interface Sight {
  readonly steps: readonly string[];
  readonly breakpoints: number;
  readonly openEdits: number;
  readonly files: string;
}

/** Files are looked at where a container is there to look into. */
export async function see(program: DrivenProgram): Promise<Sight> {
  const { events } = await program.ask("list");
  const { steps } = events.find((line) => (line.type as string) === "steps") as unknown as {
    steps: readonly { number: number; summary: string; status: string; breakpoint: boolean }[];
  };
  const status = (await program.ask("status")).events.find((line) => (line.type as string) === "status") as unknown as {
    status: { handEdits: number };
    breakpoints: readonly unknown[];
  };
  const begun = steps.some((step) => step.status === "done" && step.number > 1);
  return {
    steps: steps.map((step) => `${step.summary}: ${step.status}`),
    breakpoints: status.breakpoints.length,
    openEdits: status.status.handEdits,
    files: begun ? outputOf(await program.ask(look)) : "",
  };
}

function outputOf({ events }: Answer): string {
  return events.flatMap((line) => (line.type === "output" && "text" in line ? [String(line.text)] : [])).join("");
}

/** What there is after each command when nothing goes wrong; the first is before them all. */
export async function playUndisturbed(host: string, tag: string): Promise<readonly Sight[]> {
  await using stage = await setStage(host);
  await using program = drive(stage);
  const sights = [await see(program)];
  for (const command of commands) {
    await program.ask(command);
    sights.push(await see(program));
  }
  await buildStage(host, stage, tag);
  program.write("quit --rm");
  await program.end();
  return sights;
}

/** What BuildKit makes of the Dockerfile that the session wrote. */
async function buildStage(host: string, { folder }: Stage, tag: string): Promise<void> {
  await docker(host, ["build", "--quiet", "--tag", tag, folder]);
}

/** How many of the commands were done when the program ended. */
export async function playUntilDeath(program: DrivenProgram): Promise<number> {
  let done = 0;
  try {
    for (const command of commands) {
      await program.ask(command);
      done++;
    }
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("the program ended"))) throw error;
  }
  return done;
}

/** Goes on after command number `done`; the one that was running is given again unless what it does is there. */
export async function playOn(
  program: DrivenProgram,
  sights: readonly Sight[],
  done: number,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const now = await see(program);
  const next = commands[done];
  const isThere = (sight: Sight | undefined) => sight !== undefined && JSON.stringify(sight) === JSON.stringify(now);
  const finished = next !== undefined && isThere(sights[done + 1]);
  if (!finished && !isThere(sights[done]) && !goesOn.test(next ?? "")) {
    problems.push(`after ${commands[done - 1]}: ${JSON.stringify(now)} instead of ${JSON.stringify(sights[done])}`);
  }
  for (let index = finished ? done + 1 : done; index < commands.length; index++) {
    await program.ask(commands[index]!);
  }
  const end = await see(program);
  if (JSON.stringify(end) !== JSON.stringify(sights.at(-1))) {
    problems.push(`at the end: ${JSON.stringify(end)} instead of ${JSON.stringify(sights.at(-1))}`);
  }
  return problems;
}

/** What is on the engine of a session. */
export async function objectsOf(host: string, session: string): Promise<string> {
  const label = ["--filter", `label=slipway.session=${session}`];
  const containers = await docker(host, ["ps", "--all", "--quiet", ...label]);
  return `${containers}${await docker(host, ["images", "--quiet", ...label])}`;
}
