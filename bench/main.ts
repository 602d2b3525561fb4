import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { type Arena, type Contest, runContest } from "./contest.ts";
import { agent } from "./contests/agent.ts";
import { base } from "./contests/base.ts";
import { change, lateChange } from "./contests/change.ts";
import { containerStart } from "./contests/container-start.ts";
import { context } from "./contests/context.ts";
import { example, examplePackages } from "./contests/example.ts";
import { growthChange, growthUndo } from "./contests/growth-layers.ts";
import { growthSteps } from "./contests/growth-steps.ts";
import { idleMemory, idleTime } from "./contests/idle.ts";
import { prompt } from "./contests/prompt.ts";
import { replay } from "./contests/replay.ts";
import { resume } from "./contests/resume.ts";
import { startup } from "./contests/startup.ts";
import { step } from "./contests/step.ts";
import {
  supervisorIdle,
  supervisorMemory,
  supervisorRestart,
  supervisorShare,
  supervisorStart,
  supervisorStop,
} from "./contests/supervisors.ts";
import { undo } from "./contests/undo.ts";
import { watch } from "./contests/watch.ts";
import { findDockerClient } from "./docker-client.ts";
import { type Growth, runGrowth } from "./growth.ts";
import { formatContest } from "./results.ts";

const contests: readonly Contest[] = [
  replay,
  change,
  lateChange,
  step,
  undo,
  prompt,
  resume,
  example,
  examplePackages,
  watch,
  context,
  idleTime,
  idleMemory,
  startup,
  agent,
  base,
  supervisorStart,
  supervisorRestart,
  supervisorStop,
  supervisorMemory,
  supervisorShare,
  supervisorIdle,
  containerStart,
];
const growths: readonly Growth[] = [growthSteps, growthUndo, growthChange];
/** Counted rounds of a quick run, at most. */
const quickRounds = 3;

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const names = words.filter((word) => word !== "--quick");
const known = [...contests, ...growths].map(({ name }) => name);
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`bench: no contest ${unknown}; there are ${known.join(", ")}, and the option --quick\n`);
  process.exit(2);
}
const isChosen = ({ name, slow }: { name: string; slow?: boolean }) =>
  names.length > 0 ? names.includes(name) : !(quick && slow);
const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
// Sessions and settings of the person who measures stay out of it.
for (const kind of ["STATE", "CONFIG", "CACHE"]) process.env[`XDG_${kind}_HOME`] = join(folder, kind.toLowerCase());
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => ended.abort(new Error(`ended by ${signal}`)));
const results: Record<string, unknown> = {};
try {
  const docker = await findDockerClient(folder);
  for (const contest of contests.filter(isChosen)) {
    const rounds = quick ? Math.min(contest.rounds, quickRounds) : contest.rounds;
    await hold(contest, docker, async (arena) => {
      const figures = await runContest({ ...contest, rounds }, arena);
      console.log(formatContest({ ...contest, rounds }, figures));
      return figures;
    });
  }
  for (const growth of growths.filter(isChosen)) {
    await hold(growth, docker, (arena) => runGrowth(growth, arena, quick, `bench/results/${growth.name}.svg`));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
mkdirSync("bench/results", { recursive: true });
writeFileSync("bench/results/results.json", `${JSON.stringify(results, null, 2)}\n`);

/** A contest that can't be held is told and the others go on: figures judge nobody. */
async function hold(
  { name, title }: Pick<Contest, "name" | "title">,
  docker: string,
  measure: (arena: Arena) => Promise<unknown>,
): Promise<void> {
  if (ended.signal.aborted) return;
  const own = join(folder, name);
  mkdirSync(own);
  const images = new Set<string>();
  const arena: Arena = {
    folder: own,
    slipway: process.env.SLIPWAY_PROGRAM!,
    docker,
    signal: ended.signal,
    imageName(purpose) {
      const image = `slipway-bench-${process.pid}:${name}-${purpose}`;
      images.add(image);
      return image;
    },
  };
  try {
    results[name] = await measure(arena);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.log(`${title} [${name}]\n  could not be held: ${message}\n`);
    results[name] = { error: message };
  } finally {
    for (const image of images) await runCommand([docker, "rmi", "-f", image]);
  }
}
