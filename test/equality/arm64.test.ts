import { describe } from "vitest";
import { dialectOfDocker } from "../../src/dockerfile/dialect.ts";
import { connectEngine } from "../../src/engine/client.ts";
import { parseEndpoint } from "../../src/engine/endpoint.ts";
import { makeArm64Image, skipsArm64 } from "../engines/arm64-image.ts";
import { docker } from "./docker.ts";
import { testEquality } from "./equality.ts";

const host = process.env.DOCKER_HOST!;

describe.skipIf(skipsArm64)("for linux/arm64", () => {
  testEquality(
    "arm64",
    async () => {
      const engine = connectEngine(parseEndpoint(host, undefined));
      const image = await makeArm64Image(engine);
      return {
        host,
        gateway: "127.0.0.1",
        dialect: dialectOfDocker(await docker(host, ["version", "--format", "{{.Server.Version}}"])),
        args: ["--build-arg", `BASE=${image.name}`],
        async [Symbol.asyncDispose]() {
          await image[Symbol.asyncDispose]();
          await engine[Symbol.asyncDispose]();
        },
      };
      // Each command is emulated: the other ways are gone on the engine's own platform.
    },
    { ways: ["straight"] },
  );
});
