import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareContents } from "../equality/compare-images.ts";
import { docker } from "../equality/docker.ts";
import { type ImageContent, readImage } from "../equality/image-content.ts";
import {
  drive,
  objectsOf,
  playOn,
  playUndisturbed,
  playUntilDeath,
  type Sight,
  type Stage,
  setStage,
} from "./story.ts";

const host = process.env.DOCKER_HOST!;
const oracle = `slipway-faults/oracle:${process.pid}`;
let sights: readonly Sight[];
let expected: ImageContent;

beforeAll(async () => {
  sights = await playUndisturbed(host, oracle);
  expected = await readImage(host, oracle);
});
afterAll(async () => {
  await docker(host, ["rmi", "--force", oracle]);
});

/** Parts of the journal's lines, so that one failure does not hide the others. */
const parts = 6;
/** Each line takes seconds: SLIPWAY_TEST_ALL=1 tries every one, else one in so many of each part is tried. */
const stride = process.env.SLIPWAY_TEST_ALL === "1" ? 1 : 4;

test.for(Array.from({ length: parts }, (_, part) => part))(
  "killed at a line of its journal, a session comes back with all that was acknowledged (part %i)",
  { timeout: 1_200_000 },
  async (part) => {
    const problems: string[] = [];
    for (let line = 1 + part; ; line += parts * stride) {
      const outcome = await killAt(line, part % 2 === 1);
      if (outcome === undefined) break;
      problems.push(...outcome.map((problem) => `line ${line}: ${problem}`));
    }
    expect(problems).toEqual([]);
  },
);

/** What is wrong after that; undefined when the program had no such line. */
async function killAt(line: number, torn: boolean): Promise<readonly string[] | undefined> {
  await using stage = await setStage(host);
  const died = await playAndDie(stage, line, torn);
  if (!died.killed) return undefined;
  const tag = `slipway-faults/line-${line}:${process.pid}`;
  const [session] = await readdir(join(stage.env.XDG_STATE_HOME!, "slipway/sessions"));
  // Its first lines are written while it opens: without a state there is no session yet.
  const begun = (await readJournalLines(stage)) > 2;
  await using program = drive(stage, begun ? ["--resume"] : ["--no-cache"]);
  const problems = [...(await playOn(program, sights, died.done))];
  await program.require(`tag ${tag}`);
  try {
    problems.push(...compareContents(expected, await readImage(host, tag)));
  } finally {
    await docker(host, ["rmi", tag]);
  }
  program.write("quit --rm");
  if ((await program.end()) === null) problems.push("the program was ended by a signal");
  const left = await objectsOf(host, session!);
  if (left !== "") problems.push(`left on the engine: ${left}`);
  return problems;
}

async function playAndDie(stage: Stage, line: number, torn: boolean): Promise<{ done: number; killed: boolean }> {
  const hook = join(import.meta.dirname, "die-at-line.mjs");
  const env = {
    NODE_OPTIONS: `--import ${hook}`,
    JOURNAL_LINE: String(line),
    ...(torn ? { JOURNAL_TORN: "1" } : {}),
  };
  await using program = drive(stage, ["--no-cache"], { env });
  const done = await playUntilDeath(program);
  if (!program.wasKilled) {
    program.write("quit --rm");
    await program.end();
  }
  return { done, killed: program.wasKilled };
}

async function readJournalLines(stage: Stage): Promise<number> {
  const sessions = join(stage.env.XDG_STATE_HOME!, "slipway/sessions");
  const [session] = await readdir(sessions);
  return (await readFile(join(sessions, session!, "journal.jsonl"), "utf8")).split("\n").length - 1;
}
