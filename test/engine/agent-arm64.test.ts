import { PassThrough } from "node:stream";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitContainer } from "../../src/engine/containers.ts";
import type { Agent } from "../../src/session/agent/client.ts";
import { skipsArm64 } from "../engines/arm64-image.ts";
import { agentContainers, run, shell } from "./agent-container.ts";
import { testEngine } from "./fixture.ts";

// Only the agent is made for linux/arm64 here; the commands that it runs are the engine's own.
const containers = agentContainers("agent-arm64", testEngine(), "arm64");

describe.skipIf(skipsArm64)("the agent for linux/arm64", () => {
  let agent: Agent;
  let id: string;
  beforeAll(async () => {
    ({ agent, id } = await containers.start());
  });
  afterAll(containers.clean);

  test("runs commands and forwards what they print", async () => {
    const result = await shell(agent, "echo out; echo err >&2; exit 3");
    expect(result).toMatchObject({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
    expect(await shell(agent, "kill -TERM $$")).toMatchObject({ exitCode: 143, signal: "SIGTERM" });
    expect(await run(agent, ["/no/such"])).toMatchObject({ exitCode: 127 });
    expect((await shell(agent, "head -c 3000000 /dev/zero")).stdout).toHaveLength(3_000_000);
  });

  test("gives a command its user, its input and its terminal", async () => {
    const stdin = new PassThrough();
    stdin.end("typed\n");
    expect((await shell(agent, "id -un; pwd; cat", { user: "nobody", cwd: "/tmp" }, { stdin })).stdout).toBe(
      "nobody\n/tmp\ntyped\n",
    );
    expect((await shell(agent, "stty size", { terminal: { rows: 11, columns: 22 } })).stdout).toBe("11 22\r\n");
  });

  test("ends what a command leaves behind", async () => {
    const { leftBehind } = await shell(agent, "sleep 100 & sleep 101 &");
    expect(leftBehind).toHaveLength(2);
    expect((await run(agent, ["/bin/true"])).leftBehind).toEqual([]);
  });

  test("unpacks archives, and tells what changed", async () => {
    await agent.changes();
    const tar = pack();
    tar.entry({ name: "/made/file", mode: 0o4750, uid: 70000, gid: 9, mtime: new Date(1e12) }, "text");
    tar.entry({ name: "/made/null", type: "character-device", devmajor: 1, devminor: 3 });
    tar.entry({ name: "/made/link", type: "link", linkname: "/made/file" });
    tar.finalize();
    await agent.extract(tar, { parentUid: 1, parentGid: 2 });
    const { stdout } = await shell(agent, "cd /made; stat -c '%n %F %a %u:%g %h %Y %t,%T' . file null");
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      expect.stringMatching(/^\. directory 755 1:2 /),
      "file regular file 4750 70000:9 2 1000000000 0,0",
      expect.stringMatching(/^null character special file .* 1,3$/),
    ]);
    const changed = (await agent.changes()).map(({ kind, path }) => `${kind} ${path}`);
    expect(changed).toEqual(expect.arrayContaining(["added /made/file", "added /made/link", "added /made/null"]));
  });

  test("ends with its container", async () => {
    const ended = waitContainer(containers.engine, id);
    await agent.shutdown();
    expect((await ended).exitCode).toBe(0);
  });
});
