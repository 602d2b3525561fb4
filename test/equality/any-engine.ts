import { dialectOfDocker } from "../../src/dockerfile/dialect.ts";
import { docker } from "./docker.ts";
import { testEquality } from "./equality.ts";
import { allWays, type Way } from "./ways.ts";

const host = process.env.DOCKER_HOST!;

/** The fixtures of any engine, in parts: each is a file of its own, so that they are run side by side. */
export function testAnyEngine(part: number): void {
  const start = async () => ({
    host,
    gateway: "127.0.0.1",
    dialect: dialectOfDocker(await docker(host, ["version", "--format", "{{.Server.Version}}"])),
    async [Symbol.asyncDispose]() {},
  });
  // The other ways take twenty minutes for all of them; the fixtures of Docker 26 are gone over in each way always.
  const ways: readonly Way[] = process.env.SLIPWAY_TEST_ALL === "1" ? allWays : ["straight"];
  testEquality("any-engine", start, { ways, part, parts: 3 });
}
