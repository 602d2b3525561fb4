import { attachContainer, startContainer } from "../../src/engine/containers.ts";
import type { RunResult } from "../../src/protocol/messages.ts";
import { type Agent, connectAgent, type RunCommand, type RunOptions } from "../../src/session/agent/client.ts";
import { AGENT_MOUNT, AGENT_PATH, ensureAgentVolume } from "../../src/session/agent/volume.ts";
import { testContainers, testEngine } from "./fixture.ts";

export const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Containers with the agent as PID 1, as a session makes them. */
export function agentContainers(
  label: string,
  engine = testEngine(),
  architecture = process.arch === "arm64" ? "arm64" : "amd64",
) {
  const containers = testContainers(engine, label);
  return {
    engine,
    create: containers.create,
    clean: containers.clean,
    async start(image = "debian:bookworm"): Promise<{ id: string; agent: Agent; attach(): Promise<Agent> }> {
      const volume = await ensureAgentVolume(engine, { os: "linux", architecture });
      const id = await containers.create({
        image,
        entrypoint: [AGENT_PATH],
        command: [],
        openStdin: true,
        logDriver: "none",
        mounts: [{ type: "volume", source: volume, target: AGENT_MOUNT, readOnly: true }],
      });
      const stream = await attachContainer(engine, id);
      await startContainer(engine, id);
      const attach = async () => connectAgent(await attachContainer(engine, id));
      return { id, agent: await connectAgent(stream), attach };
    },
  };
}

/** A command of a RUN, by default as root in /. */
export function command(argv: readonly string[], more: Partial<RunCommand> = {}): RunCommand {
  return { argv, env: [PATH], cwd: "/", user: "", terminal: undefined, scripts: [], leftovers: "end", ...more };
}

export interface Ran extends RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which they came. */
  readonly output: string;
}

export async function run(
  agent: Agent,
  argv: readonly string[],
  more: Partial<RunCommand> = {},
  options: Partial<RunOptions> = {},
): Promise<Ran> {
  const chunks: { stream: string; chunk: Uint8Array }[] = [];
  const onOutput = (stream: string, chunk: Uint8Array) => {
    chunks.push({ stream, chunk: new Uint8Array(chunk) });
  };
  const result = await agent.run(command(argv, more), { onOutput, ...options });
  const text = (stream?: string) =>
    Buffer.concat(chunks.filter((entry) => !stream || entry.stream === stream).map(({ chunk }) => chunk)).toString();
  return { ...result, stdout: text("stdout"), stderr: text("stderr"), output: text() };
}

export async function shell(
  agent: Agent,
  script: string,
  more: Partial<RunCommand> = {},
  options: Partial<RunOptions> = {},
): Promise<Ran> {
  return run(agent, ["/bin/sh", "-c", script], more, options);
}

/** A shell command that prints something as soon as it runs; `started` resolves then. */
export function start(agent: Agent, script: string): { running: Promise<RunResult>; started: Promise<void> } {
  let tell = () => {};
  const started = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { running: agent.run(command(["/bin/sh", "-c", script]), { onOutput: () => tell() }), started };
}
