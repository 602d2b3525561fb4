import { afterAll, beforeAll, expect, test } from "vitest";
import { buildCandidate } from "./candidate.ts";
import { compareImages } from "./compare-images.ts";
import { docker } from "./docker.ts";
import { type FixtureGroup, listFixtures, prepareFixture } from "./fixture.ts";
import { buildOracle } from "./oracle.ts";

/** An engine, and this machine's address as it reaches it. */
export interface EqualityEngine extends AsyncDisposable {
  readonly host: string;
  readonly gateway: string;
}

/** Declares a test for each of `names`: the image that a session tags equals the one that BuildKit builds. */
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
    const { host, gateway } = engine!;
    const oracle = `slipway-equality/${name}:oracle-${process.pid}`;
    const candidate = `slipway-equality/${name}:candidate-${process.pid}`;
    await using fixture = await prepareFixture(group, name, gateway);
    try {
      await buildOracle(host, fixture, oracle);
      await buildCandidate(host, fixture, candidate);
      expect(await compareImages(host, oracle, candidate)).toEqual([]);
    } finally {
      await docker(host, ["rmi", "--force", oracle, candidate]);
    }
  });
}
