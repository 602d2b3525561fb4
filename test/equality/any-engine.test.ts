import { dialectOfDocker } from "../../src/dockerfile/dialect.ts";
import { docker } from "./docker.ts";
import { testEquality } from "./equality.ts";

const host = process.env.DOCKER_HOST!;

testEquality("any-engine", async () => ({
  host,
  gateway: "127.0.0.1",
  dialect: dialectOfDocker(await docker(host, ["version", "--format", "{{.Server.Version}}"])),
  async [Symbol.asyncDispose]() {},
}));
