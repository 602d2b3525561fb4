import { execFileSync } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listContainers } from "../../src/engine/containers.ts";
import { findEngine } from "../../src/engine/find-engine.ts";
import { createVolume, removeVolume } from "../../src/engine/volumes.ts";
import { base } from "../session-fixture.ts";
import { program, type Ran, slipway } from "./program.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-bad-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function hack(
  dockerfile: string,
  script: string,
  options: { words?: string[]; env?: Record<string, string> } = {},
): Promise<Ran> {
  await writeFile(join(root, "Dockerfile"), dockerfile);
  return await slipway(["hack", root, "--script", "-", "--rm", ...(options.words ?? [])], {
    input: script,
    env: { XDG_STATE_HOME: join(root, "state"), ...options.env },
  });
}

/** Sessions that the program left on disk. */
async function sessionsLeft(): Promise<readonly string[]> {
  return await readdir(join(root, "state/slipway/sessions")).catch(() => []);
}

test("no Dockerfile", async () => {
  const { exitCode, stderr } = await slipway(["hack", root, "--script", "-"], {
    env: { XDG_STATE_HOME: join(root, "state") },
  });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(join(root, "Dockerfile"));
  expect(stderr).toContain("hint: ");
});

test("mistakes in the Dockerfile are all told, with their places, before anything is made", async () => {
  const { exitCode, stderr } = await hack(`FROM ${base}\nWORKDIR\nCOPI a b\n`, "continue\n");
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${join(root, "Dockerfile")}:2`);
  expect(stderr).toContain(`${join(root, "Dockerfile")}:3`);
  expect(stderr).toContain("did you mean COPY?");
  expect(await sessionsLeft()).toEqual([]);
});

test("an unknown target stage", async () => {
  const { exitCode, stderr } = await hack(`FROM ${base} AS build\n`, "continue\n", { words: ["--target", "biuld"] });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("biuld");
  expect(await sessionsLeft()).toEqual([]);
});

test("a base image that is not there and can't be pulled", async () => {
  const { exitCode, stdout, stderr } = await hack(
    "# one\nFROM nowhere.invalid/no/image:1\nRUN true\n",
    "continue\nlist\n",
  );
  expect(exitCode).not.toBe(0);
  expect(stdout + stderr).toContain("Dockerfile:2");
  expect(stdout + stderr).toContain("nowhere.invalid/no/image:1");
  expect(stdout + stderr).toContain("hint: ");
});

test("a file that COPY does not find, and one that the ignore file hides", async () => {
  await writeFile(join(root, ".dockerignore"), "hidden\n");
  await writeFile(join(root, "hidden"), "");
  const missing = await hack(`FROM ${base}\nCOPY missing /x\n`, "continue\n");
  expect(missing.exitCode).toBe(1);
  expect(missing.stdout + missing.stderr).toContain("Dockerfile:2");
  expect(missing.stdout + missing.stderr).toContain("missing");
  const hidden = await hack(`FROM ${base}\nCOPY hidden /x\n`, "continue\n");
  expect(hidden.exitCode).toBe(1);
  expect(hidden.stdout + hidden.stderr).toContain(".dockerignore");
});

test("the exit status of a failing step passes through, and with --rm nothing stays", async () => {
  const { exitCode, stderr } = await hack(`FROM ${base}\nRUN exit 37\nRUN true\n`, "continue\ntag never:1\n");
  expect(exitCode).toBe(37);
  expect(stderr).toContain("<stdin>:1: continue");
  expect(await sessionsLeft()).toEqual([]);
});

test("a script line that is wrong is named, and stops it", async () => {
  const { exitCode, stderr } = await hack(`FROM ${base}\n`, "next\nnxet\n");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("<stdin>:2");
  expect(stderr).toContain("did you mean next?");
});

test("no engine at the address, and an address that is none", async () => {
  const nobody = await hack(`FROM ${base}\n`, "next\n", { env: { DOCKER_HOST: `unix://${join(root, "no.sock")}` } });
  expect(nobody.exitCode).toBe(125);
  expect(nobody.stderr).toContain(join(root, "no.sock"));
  expect(nobody.stderr).toContain("hint: ");
  const refused = await hack(`FROM ${base}\n`, "next\n", { env: { DOCKER_HOST: "tcp://127.0.0.1:9" } });
  expect(refused.exitCode).toBe(125);
  const wrong = await hack(`FROM ${base}\n`, "next\n", { env: { DOCKER_HOST: "gopher://engine" } });
  expect(wrong.exitCode).not.toBe(0);
  expect(wrong.stderr).toContain("gopher");
});

test("a server that is no engine", async () => {
  const path = join(root, "web.sock");
  const server = createServer((socket) =>
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    const { exitCode, stderr } = await hack(`FROM ${base}\n`, "next\n", { env: { DOCKER_HOST: `unix://${path}` } });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("no container engine");
  } finally {
    server.close();
  }
});

test.runIf(process.getuid?.() === 0)("no permission on the socket", async () => {
  const path = join(root, "locked.sock");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await chmod(path, 0o600);
    await chmod(root, 0o755);
    await writeFile(join(root, "Dockerfile"), `FROM ${base}\n`);
    await cp(dirname(program), join(root, "program"), { recursive: true });
    const words = [join(root, "program/main.js"), "hack", root, "--script", "-"];
    const run = () =>
      execFileSync(process.execPath, words, {
        uid: 65534,
        gid: 65534,
        input: "next\n",
        stdio: "pipe",
        cwd: "/",
        env: {
          ...process.env,
          HOME: "/nonexistent",
          XDG_STATE_HOME: join(root, "state"),
          DOCKER_HOST: `unix://${path}`,
        },
      });
    expect(run).toThrow(
      expect.objectContaining({ status: 125, message: expect.stringMatching(/permission.*\n?.*hint:.*group/s) }),
    );
  } finally {
    server.close();
  }
});

test("a full disk in the container is the step's failure, and names the file", async () => {
  const engine = await findEngine({ env: process.env, home: root });
  const volume = `slipway-test-full-${process.pid}`;
  await createVolume(engine, {
    name: volume,
    labels: { "slipway.test": "full" },
    driverOptions: { type: "tmpfs", device: "tmpfs", o: "size=64k" },
  });
  try {
    await writeFile(join(root, "large"), Buffer.alloc(1_000_000));
    const { exitCode, stdout, stderr } = await hack(`FROM ${base}\nCOPY large /small/\n`, "continue\n", {
      words: ["--run-arg", `-v ${volume}:/small`],
    });
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toMatch(/\/small\/large.*[Nn]o space left/s);
  } finally {
    await removeVolume(engine, volume);
    await engine[Symbol.asyncDispose]();
  }
});

test.runIf(process.getuid?.() === 0)("a full disk where sessions are kept", async () => {
  const state = join(root, "state");
  await mkdir(state);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", state]);
  try {
    const { exitCode, stdout, stderr } = await hack(`FROM ${base}\nRUN seq 100000\n`, "continue\n");
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toMatch(/can't be kept in .*no space left/s);
    expect(stdout + stderr).toContain("XDG_STATE_HOME");
    const id = /Session (\w+)/.exec(stdout)?.[1];
    await using engine = await findEngine({ env: process.env, home: root });
    expect(await listContainers(engine, { all: true, label: [`slipway.session=${id}`] })).toEqual([]);
  } finally {
    execFileSync("umount", [state]);
  }
});
