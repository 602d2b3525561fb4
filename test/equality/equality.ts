import { afterAll, beforeAll, expect, test } from "vitest";
import type { Dialect } from "../../src/dockerfile/dialect.ts";
import { buildCandidate } from "./candidate.ts";
import { compareImages } from "./compare-images.ts";
import { docker } from "./docker.ts";
import { evaluateFixture, readMetadata } from "./evaluation.ts";
import { type FixtureGroup, listFixtures, prepareFixture } from "./fixture.ts";
import { buildOracle } from "./oracle.ts";

/** An engine, and this machine's address as it reaches it. */
export interface EqualityEngine extends AsyncDisposable {
  readonly host: string;
  readonly gateway: string;
  /** That of its BuildKit. */
  readonly dialect: Dialect;
  /** For every build on it. */
  readonly args?: readonly string[];
}

/**
 * Declares a test for each of `names`: the image that a session tags equals the one that BuildKit builds, and so do the
 * configuration and the history that evaluation alone foretells.
 */
export function testEquality(
  group: FixtureGroup,
  start: () => Promise<EqualityEngine>,
  names: readonly string[] = listFixtures(group),
): void {
  let engine: EqualityEngine | undefined;
  beforeAll(async () => {
    engine = await start();
  });
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]();
  });
  test.each(names)("%s", async (name) => {
    const { host, gateway, dialect, args } = engine!;
    const oracle = `slipway-equality/${name}:oracle-${process.pid}`;
    const candidate = `slipway-equality/${name}:candidate-${process.pid}`;
    await using fixture = await prepareFixture(group, name, gateway, args);
    try {
      await buildOracle(host, fixture, oracle);
      expect.soft(await evaluateFixture(host, fixture, dialect)).toEqual(await readMetadata(host, oracle));
      await buildCandidate(host, fixture, candidate);
      expect(await compareImages(host, oracle, candidate)).toEqual([]);
    } finally {
      const made = await docker(host, ["images", "--format", "{{.Repository}}:{{.Tag}}", `slipway-equality/${name}`]);
      const ours = [oracle, candidate].filter((tag) => made.split("\n").includes(tag));
      if (ours.length > 0) await docker(host, ["rmi", "--force", ...ours]);
    }
  });
}
