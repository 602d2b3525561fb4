import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDockerfile } from "../../src/dockerfile/parse.ts";
import type { Instruction } from "../../src/dockerfile/types.ts";
import { DrivenProgram } from "../driven-program.ts";
import type { PreparedFixture } from "./fixture.ts";
import type { Random } from "./random.ts";

/** The ways to come to the end of a Dockerfile, in the order in which they are gone. */
export const allWays = ["straight", "wandered", "edited", "killed"] as const;
export type Way = (typeof allWays)[number];

export interface Journey {
  readonly host: string;
  readonly fixture: PreparedFixture;
  readonly random: Random;
  /** The image that a way ends with. */
  tagOf(way: Way): string;
  /** Every command that was given: to be shown when something fails. */
  readonly log: string[];
}

/** How often a way goes somewhere else. */
const WANDERINGS = 6;

/**
 * Replays a fixture in one session: straight through; again from the beginning, going back and forth on the way; and with a
 * step replaced and put back. Each tags what it ends with. Resolves with how many lines the first way printed.
 */
export async function replayInOneSession(journey: Journey, ways: readonly Way[]): Promise<number> {
  await using program = drive(journey, "straight", []);
  const ask = asker(journey, program);
  await ask("continue");
  await ask(`tag ${journey.tagOf("straight")}`);
  const { length } = program.lines;
  if (ways.includes("wandered")) await wander(journey, ask);
  if (ways.includes("edited")) await editForthAndBack(journey, ask);
  program.write("quit --rm");
  if ((await program.end()) !== 0 && !ways.includes("edited")) throw new Error("the program failed");
  return length;
}

type Ask = ReturnType<typeof asker>;

function drive({ host, fixture, log }: Journey, way: Way, args: readonly string[], killAt?: number): DrivenProgram {
  log.push(`# ${way} ${args.join(" ")}`);
  return new DrivenProgram({
    // What the oracle left in the engine's cache is not to be taken for a step that was run.
    args: [".", ...(args.length > 0 ? args : ["--no-cache", ...fixture.args])],
    cwd: fixture.context,
    env: { DOCKER_HOST: host, XDG_STATE_HOME: fixture.stateHome },
    ...(killAt === undefined ? {} : { killAt: (_, number) => number === killAt }),
  });
}

function asker({ log }: Journey, program: DrivenProgram) {
  return async (command: string, { mayFail = false } = {}) => {
    log.push(command);
    return mayFail ? await program.ask(command) : await program.require(command);
  };
}

/** Undo, redo and goto at random places, first from the beginning on, while steps are still to be run. */
async function wander({ random, tagOf }: Journey, ask: Ask): Promise<void> {
  let { states } = await ask("goto s0");
  let undone = 0;
  for (let turn = 0; turn < WANDERINGS; turn++) {
    const back = depthOf(states);
    const choices = [`next ${1 + random.below(4)}`, `goto s${random.pick(states)!.id}`];
    if (back > 0) choices.push(`undo ${1 + random.below(back)}`);
    if (undone > 0) choices.push(`redo ${1 + random.below(undone)}`);
    const command = random.pick(choices)!;
    ({ states } = await ask(command));
    undone = command.startsWith("undo") ? back - depthOf(states) : 0;
  }
  await ask("continue");
  await ask(`tag ${tagOf("wandered")}`);
}

/** How many states there are to go back to. */
function depthOf(states: readonly { id: number; parent: number | undefined; current: boolean }[]): number {
  let depth = 0;
  let at = states.find((state) => state.current)!;
  for (; at.parent !== undefined; depth++) at = states.find((state) => state.id === at.parent)!;
  return depth;
}

/** Puts another instruction in the place of a step, goes on as far as that gets, and puts the step back. */
async function editForthAndBack({ fixture, random, tagOf }: Journey, ask: Ask): Promise<void> {
  const [, named] = /(?:^|,)-f,([^,]+)/.exec(fixture.args.join(",")) ?? [];
  const text = await readFile(join(fixture.context, named ?? "Dockerfile"), "utf8");
  const steps = parseDockerfile(text).stages.flatMap((stage) => stage.instructions);
  const step = random.pick<Instruction>(steps);
  if (step !== undefined) {
    const others = ["WORKDIR /slipway-edited", "ENV SLIPWAY_EDITED=1", "RUN echo edited > /slipway-edited", "USER 1"];
    await ask(`replace ${step.number} ${random.pick(others)}`);
    await ask("continue", { mayFail: true });
    await ask(`replace ${step.number} ${step.text}`);
  }
  await ask("continue");
  await ask(`tag ${tagOf("edited")}`);
}

/** Killed with SIGKILL when a random line of its output has come, once or three times, and taken up again. */
export async function replayKilled(journey: Journey, lines: number): Promise<void> {
  const { random, tagOf } = journey;
  const kills = random.below(4) === 0 ? 3 : 1;
  let session: string | undefined;
  for (let kill = 0; kill <= kills; kill++) {
    const args = session === undefined ? [] : ["--resume", session];
    // Before the second line, which is `opened`, there is no session.
    const killAt = kill < kills ? 2 + random.below(Math.max(1, Math.floor(lines / kills) - 1)) : undefined;
    await using program = drive(journey, "killed", args, killAt);
    if (killAt === undefined) {
      const ask = asker(journey, program);
      await ask("continue");
      await ask(`tag ${tagOf("killed")}`);
      program.write("quit --rm");
      await program.end();
      return;
    }
    journey.log.push(`# SIGKILL at line ${killAt}`);
    program.write("continue");
    program.write(`tag ${tagOf("killed")}`);
    await program.end();
    session ??= program.session;
  }
}
