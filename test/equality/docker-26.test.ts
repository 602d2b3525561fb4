import { dialects } from "../../src/dockerfile/dialect.ts";
import { startDocker26 } from "../engines/docker-26.ts";
import { testEquality } from "./equality.ts";

testEquality("docker-26", async () => {
  const engine = await startDocker26(process.env.DOCKER_HOST!);
  return { ...engine, dialect: dialects["0.13"] };
});
