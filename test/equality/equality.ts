import { afterAll, beforeAll, expect, test } from "vitest";
import type { Dialect } from "../../src/dockerfile/dialect.ts";
import { compareContents } from "./compare-images.ts";
import { docker } from "./docker.ts";
import { evaluateFixture, readMetadata } from "./evaluation.ts";
import { type FixtureGroup, listFixtures, prepareFixture } from "./fixture.ts";
import { readImage } from "./image-content.ts";
import { buildOracle } from "./oracle.ts";
import { createRandom, runSeed } from "./random.ts";
import { allWays, type Journey, replayInOneSession, replayKilled, type Way } from "./ways.ts";

/** An engine, and this machine's address as it reaches it. */
export interface EqualityEngine extends AsyncDisposable {
  readonly host: string;
  readonly gateway: string;
  /** That of its BuildKit. */
  readonly dialect: Dialect;
  /** For every build on it. */
  readonly args?: readonly string[];
}

/** One replay among several that run at the same time on two cores. */
const PATIENCE_MILLISECONDS = 300_000;

/**
 * Declares a test for each of `names`: the image that a session tags equals the one that BuildKit builds, whichever way the
 * session came to it, and so do the configuration and the history that evaluation alone foretells. `parts`: files that share
 * the group, to be run side by side.
 */
export function testEquality(
  group: FixtureGroup,
  start: () => Promise<EqualityEngine>,
  { ways = allWays, part = 0, parts = 1 }: { ways?: readonly Way[]; part?: number; parts?: number } = {},
): void {
  let engine: EqualityEngine | undefined;
  beforeAll(async () => {
    engine = await start();
  });
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
  });
  const fixtures = listFixtures(group).filter((_, index) => index % parts === part);
  test.each(fixtures)("%s", { timeout: PATIENCE_MILLISECONDS }, async (name) => {
    const { host, gateway, dialect, args } = engine!;
    const tagOf = (image: string) => `slipway-equality/${name}:${image}-${process.pid}`;
    const log: string[] = [];
    await using fixture = await prepareFixture(group, name, gateway, args);
    const journey: Journey = { host, fixture, random: createRandom(name), tagOf, log };
    try {
      await buildOracle(host, fixture, tagOf("oracle"));
      expect.soft(await evaluateFixture(host, fixture, dialect)).toEqual(await readMetadata(host, tagOf("oracle")));
      const oracle = await readImage(host, tagOf("oracle"));
      const lines = await replayInOneSession(journey, ways);
      if (ways.includes("killed")) await replayKilled(journey, lines);
      for (const way of ways) {
        const differences = compareContents(oracle, await readImage(host, tagOf(way)));
        expect.soft(differences, `${way}; ${describeRun(log)}`).toEqual([]);
      }
    } catch (error) {
      throw new Error(describeRun(log), { cause: error });
    } finally {
      await removeTags(host, ["oracle", ...ways].map(tagOf));
    }
  });
}

function describeRun(log: readonly string[]): string {
  return `SLIPWAY_TEST_SEED=${runSeed} gives the same again:\n${log.join("\n")}`;
}

async function removeTags(host: string, tags: readonly string[]): Promise<void> {
  const filters = tags.flatMap((tag) => ["--filter", `reference=${tag}`]);
  const made = (await docker(host, ["images", "--format", "{{.Repository}}:{{.Tag}}", ...filters])).split("\n");
  const ours = tags.filter((tag) => made.includes(tag));
  if (ours.length > 0) await docker(host, ["rmi", "--force", ...ours]);
}
