import { chmod, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, test } from "vitest";
import {
  type ContainerSpec,
  containerLogs,
  killContainer,
  startContainer,
  stopContainer,
  waitContainer,
} from "../../src/engine/containers.ts";
import { testContainers, testEngine } from "../engine/fixture.ts";
import { program, temporaryFolder, until } from "./supervised.ts";

const engine = testEngine();
const containers = testContainers(engine, "first-process");
afterAll(() => containers.clean());

const binary = `/agent/${program.slice(dirname(program).length + 1)}`;

async function create(folder: string, words: readonly string[], spec: Partial<ContainerSpec> = {}): Promise<string> {
  await chmod(folder, 0o755);
  return containers.create({
    entrypoint: [binary],
    command: words,
    mounts: [
      { type: "bind", source: dirname(program), target: "/agent", readOnly: true },
      { type: "bind", source: folder, target: "/conf", readOnly: true },
    ],
    ...spec,
  });
}

async function logs(id: string, tty = false): Promise<string> {
  const { stdout, stderr } = await containerLogs(engine, id, { tty });
  return (await Promise.all([text(stdout), stderr ? text(stderr) : ""])).join("");
}

const ini = `[watcher:web]
cmd = sh -c "(setsid sleep 0.2 &); exec sleep 1000"
numprocesses = 2
[watcher:told]
cmd = sh -c "echo told as $(id -u); exec sleep 1000"
stdout_stream.class = NamedStdoutStream
`;

describe("in containers", () => {
  const ways: readonly (readonly [name: string, spec: Partial<ContainerSpec>])[] = [
    ["as they are made", {}],
    [
      "with a read-only root, another user and no capability",
      { readOnlyRoot: true, user: "1234:1234", capDrop: ["ALL"] },
    ],
    ["below the engine's own init", { init: true }],
    ["with a terminal", { tty: true, openStdin: true }],
  ];
  test.each(ways)("%s watchers run, and docker stop ends them in order", async (_name, spec) => {
    await using folder = await temporaryFolder();
    await writeFile(folder.file("circus.ini"), ini);
    const id = await create(folder.path, ["/conf/circus.ini"], spec);
    await startContainer(engine, id);
    await until(async () => (await logs(id, spec.tty)).includes("told | told as"), "the output of a watcher");
    await stopContainer(engine, id, { seconds: 10 });
    expect((await waitContainer(engine, id)).exitCode).toBe(0);
    const all = await logs(id, spec.tty);
    expect(all).toContain("web stopped");
    expect(all).not.toMatch(/warning|error/i);
    expect(all).toContain(`told | told as ${spec.user ? 1234 : 0}`);
  });

  test.each(ways)("%s one command gives its status, and hears signals", async (_name, spec) => {
    await using folder = await temporaryFolder();
    const script = "trap 'echo heard; exit 33' TERM; echo ready; while :; do sleep 0.05; done";
    const id = await create(folder.path, ["--", "sh", "-c", script], spec);
    await startContainer(engine, id);
    await until(async () => (await logs(id, spec.tty)).includes("ready"), "the command");
    await killContainer(engine, id, "SIGTERM");
    expect((await waitContainer(engine, id)).exitCode).toBe(33);
    expect(await logs(id, spec.tty)).toContain("heard");
  });
});
