import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Arena, type Contest, type Figures, runContest } from "./contest.ts";
import { drawPlot } from "./plot.ts";

/** A contest that is held again and again while something grows, and drawn as a plot. */
export interface Growth {
  readonly name: string;
  readonly title: string;
  /** What grows. */
  readonly axis: string;
  readonly values: readonly number[];
  readonly quickValues: readonly number[];
  readonly rounds: number;
  enter(arena: Arena, value: number): ReturnType<Contest["enter"]>;
}

export interface GrowthPoint {
  readonly value: number;
  readonly figures: readonly Figures[];
}

/** Milliseconds over what grows, as a table on standard output and a drawing in `path`. */
export async function runGrowth(growth: Growth, arena: Arena, quick: boolean, path: string): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  console.log(`${growth.title} [${growth.name}, ${growth.rounds} rounds], ms by ${growth.axis}`);
  for (const value of quick ? growth.quickValues : growth.values) {
    const folder = join(arena.folder, String(value));
    mkdirSync(folder);
    const rounds = quick ? 2 : growth.rounds;
    const figures = await runContest({ rounds, enter: (own) => growth.enter(own, value) }, { ...arena, folder });
    points.push({ value, figures });
    const cells = figures.map(({ name, median }) => `${name} ${median.toFixed(0)}`);
    console.log(`  ${String(value).padStart(5)}: ${cells.join(", ")}`);
  }
  mkdirSync(dirname(path), { recursive: true });
  const names = [...new Set(points.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const lines = names.map((name) => ({
    name,
    points: points.flatMap(({ value, figures }) =>
      figures.filter((figure) => figure.name === name).map(({ median }) => ({ x: value, y: median })),
    ),
  }));
  writeFileSync(path, drawPlot({ title: growth.title, x: growth.axis, y: "milliseconds", lines }));
  console.log(`  drawn: ${path}\n`);
  return points;
}
