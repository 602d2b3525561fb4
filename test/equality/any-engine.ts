import { dialectOfDocker } from "../../src/dockerfile/dialect.ts";
import { docker } from "./docker.ts";
import { testEquality } from "./equality.ts";

const host = process.env.DOCKER_HOST!;

/** The fixtures of any engine, in parts: each is a file of its own, so that they are run side by side. */
export function testAnyEngine(part: number): void {
  const start = async () => ({
    host,
    gateway: "127.0.0.1",
    dialect: dialectOfDocker(await docker(host, ["version", "--format", "{{.Server.Version}}"])),
    async [Symbol.asyncDispose]() {},
  });
  testEquality("any-engine", start, { part, parts: 3 });
}
