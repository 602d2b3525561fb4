// Run by scripts/bench.mjs, which provides the engine: `main NAME…` runs the named contests, all without a name.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { type Arena, type Contest, type Figures, runContest } from "./contest.ts";
import { agent } from "./contests/agent.ts";
import { base } from "./contests/base.ts";
import { change } from "./contests/change.ts";
import { context } from "./contests/context.ts";
import { prompt } from "./contests/prompt.ts";
import { replay } from "./contests/replay.ts";
import { startup } from "./contests/startup.ts";
import { step } from "./contests/step.ts";
import { watch } from "./contests/watch.ts";
import { findDockerClient } from "./docker-client.ts";
import { formatContest } from "./results.ts";

const contests: readonly Contest[] = [replay, change, watch, context, step, startup, prompt, agent, base];

const names = process.argv.slice(2);
const unknown = names.find((name) => !contests.some((contest) => contest.name === name));
if (unknown !== undefined) {
  process.stderr.write(`bench: no contest ${unknown}; there are ${contests.map(({ name }) => name).join(", ")}\n`);
  process.exit(2);
}
const chosen = names.length === 0 ? contests : contests.filter(({ name }) => names.includes(name));
const folder = mkdtempSync(join(tmpdir(), "slipway-bench-"));
// Sessions and settings of the person who measures stay out of it.
for (const kind of ["STATE", "CONFIG", "CACHE"]) process.env[`XDG_${kind}_HOME`] = join(folder, kind.toLowerCase());
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => ended.abort(new Error(`ended by ${signal}`)));
const results: Record<string, Figures[] | { error: string }> = {};
try {
  const docker = await findDockerClient(folder);
  for (const contest of chosen) {
    if (!ended.signal.aborted) results[contest.name] = await hold(contest, docker);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
writeFileSync("bench/results.json", `${JSON.stringify(results, null, 2)}\n`);

/** A contest that can't be held is told and the others go on: figures judge nobody. */
async function hold(contest: Contest, docker: string): Promise<Figures[] | { error: string }> {
  const own = join(folder, contest.name);
  mkdirSync(own);
  const images = new Set<string>();
  const arena: Arena = {
    folder: own,
    slipway: process.env.SLIPWAY_PROGRAM!,
    docker,
    signal: ended.signal,
    imageName(purpose) {
      const name = `slipway-bench-${process.pid}:${contest.name}-${purpose}`;
      images.add(name);
      return name;
    },
  };
  try {
    const figures = await runContest(contest, arena);
    console.log(formatContest(contest, figures));
    return figures;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.log(`${contest.title} [${contest.name}]\n  could not be held: ${message}\n`);
    return { error: message };
  } finally {
    for (const image of images) await runCommand([docker, "rmi", "-f", image]);
  }
}
