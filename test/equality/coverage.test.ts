import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { knownFlags } from "../../src/dockerfile/flags.ts";
import { keywords } from "../../src/dockerfile/instructions.ts";
import { mountKeys } from "../../src/dockerfile/mounts.ts";
import { parseDockerfile } from "../../src/dockerfile/parse.ts";
import type { Instruction } from "../../src/dockerfile/types.ts";
import { fixtureFolder, listFixtures } from "./fixture.ts";

/** What the BuildKit inside Docker 26.1 does not know either, so that there is nothing to compare with. */
const beyondTheEngines = [
  "ADD --exclude",
  "ADD --unpack",
  "COPY --exclude",
  "COPY --parents",
  "RUN --device",
  "RUN --security",
  "mount env",
];

const instructions: readonly Instruction[] = (["any-engine", "docker-26", "arm64"] as const).flatMap((group) =>
  listFixtures(group)
    .map((name) => join(fixtureFolder, group, name, "Dockerfile"))
    .filter((path) => existsSync(path))
    .flatMap((path) => parseDockerfile(readFileSync(path, "utf8")).instructions)
    .flatMap((instruction) => [
      instruction,
      ...(instruction.keyword === "ONBUILD" ? parseDockerfile(`FROM x\n${instruction.trigger}`).instructions : []),
    ]),
);

test("every instruction of the reference is in a fixture", () => {
  const used = new Set(instructions.map(({ keyword }) => keyword));
  expect(keywords.filter((keyword) => !used.has(keyword))).toEqual([]);
});

test("every flag of the reference that an engine here knows, and every option of a mount, is in a fixture", () => {
  const known = [
    ...Object.entries(knownFlags).flatMap(([keyword, flags]) =>
      Object.keys(flags).map((flag) => `${keyword} --${flag}`),
    ),
    ...mountKeys.map((key) => `mount ${key}`),
  ];
  const used = new Set(
    instructions.flatMap((instruction) => [
      ...instruction.flags.map(({ name }) => `${instruction.keyword} --${name}`),
      ...(instruction.keyword === "RUN" ? instruction.mounts : []).flatMap(({ options }) =>
        options.map(({ key }) => `mount ${key}`),
      ),
    ]),
  );
  expect(known.filter((each) => !used.has(each)).sort()).toEqual(beyondTheEngines);
});

test("there are more than a hundred fixtures for any engine", () => {
  expect(listFixtures("any-engine").length).toBeGreaterThan(100);
});
