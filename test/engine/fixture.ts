import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { type ContainerSpec, createContainer, listContainers, removeContainer } from "../../src/engine/containers.ts";
import { parseEndpoint } from "../../src/engine/endpoint.ts";

if (!process.env.DOCKER_HOST) throw new Error("these tests need an engine: set DOCKER_HOST to unix://…");
export const socketPath = process.env.DOCKER_HOST.replace(/^unix:\/\//, "");
export const home = homedir();

/** The engine that the tests were given; they make no other. */
export function testEngine(): EngineClient {
  return connectEngine(parseEndpoint(process.env.DOCKER_HOST!, undefined));
}

export function uniqueName(what: string): string {
  return `slipway-test-${what}-${randomBytes(4).toString("hex")}`;
}

/** Containers with a label of this run of a test file's own; `clean` removes them all. */
export function testContainers(engine: EngineClient, file: string) {
  const label = uniqueName(file);
  const labels = { "slipway.test": label };
  return {
    label,
    create: (spec: Partial<ContainerSpec>) =>
      createContainer(engine, {
        image: "debian:bookworm",
        labels,
        openStdin: false,
        tty: false,
        networkMode: "none",
        ...spec,
      }),
    clean: async () => {
      const left = await listContainers(engine, { all: true, label: [`slipway.test=${label}`] });
      for (const { id } of left) await removeContainer(engine, id, { force: true, volumes: true });
    },
  };
}
