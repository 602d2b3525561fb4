import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Agent } from "../../src/session/agent-client.ts";
import { agentContainers, run, shell } from "./agent-container.ts";

const containers = agentContainers("agent");
let agent: Agent;

beforeAll(async () => {
  ({ agent } = await containers.start());
});
afterAll(containers.clean);

describe("exit", () => {
  test("the status of a command is its exit code", async () => {
    expect(await shell(agent, "exit 3")).toMatchObject({ exitCode: 3, leftBehind: [] });
  });

  test("a signal makes it 128 and the signal's number", async () => {
    expect(await shell(agent, "kill -9 $$")).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
  });
});
