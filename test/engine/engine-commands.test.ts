import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { createCommand } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import type { CliContext } from "../../src/cli/context.ts";
import { openCommandEngine } from "../../src/cli/open-engine.ts";
import { createProgram } from "../../src/cli/program.ts";
import { connectEngine } from "../../src/engine/client.ts";
import { createContainer, startContainer } from "../../src/engine/containers.ts";
import { unixEndpoint } from "../../src/engine/endpoint.ts";
import { loadImages, saveImage } from "../../src/engine/images.ts";
import { describeEngine } from "../../src/engine/info.ts";
import { socketPath, testEngine } from "./fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-engine-"));
const PATH = process.env.PATH;
const own = { PATH, SLIPWAY_ENGINE_DIR: folder };

function collect(target: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      target.push(String(chunk));
      done();
    },
  });
}

/** A terminal that answers each question with the next of `answers`; none: no terminal. */
function outside(env: CliContext["env"], answers?: string[]) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  let exitCode = 0;
  const input = Object.assign(new PassThrough(), answers === undefined ? {} : { isTTY: true });
  const output = collect(stderr);
  const screen = answers === undefined ? output : Object.assign(output, { isTTY: true, columns: 80 });
  const write = screen.write.bind(screen) as (text: unknown) => boolean;
  screen.write = ((text: unknown) => {
    if (String(text).includes("[Y/n]")) input.write(`${answers?.shift() ?? ""}\n`);
    return write(text);
  }) as typeof screen.write;
  const context: CliContext = {
    stdin: input,
    stdout: collect(stdout),
    stderr: screen,
    env,
    cwd: "/",
    home: folder,
    signal: new AbortController().signal,
    onInterrupt: () => () => {},
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  return { context, result: () => ({ stdout: stdout.join(""), stderr: stderr.join(""), exitCode }) };
}

async function slipway(words: string[], env: CliContext["env"], answers?: string[]) {
  const { context, result } = outside(env, answers);
  await createProgram(context, "0").run(words);
  return result();
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("doctor", () => {
  test("an engine that answers is described, with what to mend", async () => {
    const { stdout } = await slipway(["doctor"], { PATH, DOCKER_HOST: `unix://${socketPath}` });
    expect(stdout).toMatch(new RegExp(`^ok +engine +Docker at unix://${socketPath} \\(DOCKER_HOST\\)$`, "m"));
    expect(stdout).toMatch(/^ok +version +\d+\.\d+.* API 1\.\d+, spoken 1\.4\d$/m);
    for (const name of [
      "builder",
      "storage",
      "cgroup",
      "rootless",
      "security",
      "disk",
      "agent",
      "credentials",
      "git",
      "ssh",
    ])
      expect(stdout).toMatch(new RegExp(`^(ok|warn|fail) +${name} `, "m"));
  });

  test("no engine is a failure with a remedy; the rest is told all the same", async () => {
    const { stdout, exitCode } = await slipway(["--host", "unix:///none.sock", "doctor", "--format", "json"], { PATH });
    const checks = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(exitCode).toBe(1);
    expect(checks[0]).toMatchObject({
      Name: "engine",
      Status: "fail",
      Detail: expect.stringContaining("no such socket"),
    });
    expect(checks.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining(["agent", "credentials", "git", "ssh", "bootstrap"]),
    );
  });
});

describe.runIf(userInfo().uid === 0)("engine", () => {
  const socket = join(folder, "docker.sock");

  afterAll(async () => {
    await slipway(["engine", "stop", "--force"], own);
  });

  test("status of one that was never started", async () => {
    expect(await slipway(["engine", "status", "--format", "{{.State}} {{.Socket}}"], own)).toMatchObject({
      stdout: `stopped ${socket}\n`,
      exitCode: 1,
    });
    await expect(slipway(["engine", "logs"], own)).rejects.toMatchObject({ code: "ENGINE_LOG_MISSING" });
    expect((await slipway(["engine", "stop"], own)).stderr).toBe("the private engine does not run\n");
  });

  test("a command that needs an engine offers to start it, and does so on yes", async () => {
    const { context, result } = outside({ ...own, XDG_RUNTIME_DIR: folder }, ["n"]);
    const command = createCommand("x");
    const refused = await openCommandEngine(context, command).catch((error) => error);
    // The machine may have an engine at the usual place: then there is nothing to ask.
    if (!(refused instanceof Error)) return refused[Symbol.asyncDispose]();
    expect(refused).toMatchObject({ code: "ENGINE_UNREACHABLE" });
    expect(result().stderr).toContain("No container engine answers. Start a private one? [Y/n]");
    const accepted = outside({ ...own, XDG_RUNTIME_DIR: folder }, [""]);
    await using engine = await openCommandEngine(accepted.context, command);
    expect((await describeEngine(engine)).rootDir).toBe(join(folder, "data"));
    await slipway(["engine", "stop"], own);
  });

  test("SLIPWAY_ENGINE=private starts it outright; an address that was named is never replaced by it", async () => {
    const command = createCommand("x");
    const env = { ...own, SLIPWAY_ENGINE: "private" };
    const named = outside({ ...env, DOCKER_HOST: "unix:///none.sock" });
    await expect(openCommandEngine(named.context, command)).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
    await slipway(["engine", "start"], env);
    await using engine = await openCommandEngine(outside(env).context, command);
    expect(engine.endpoint.url).toBe(`unix://${socket}`);
  });

  test("start prints the address, status the state; containers that run hold a stop back", async () => {
    expect((await slipway(["engine", "start"], own)).stdout).toBe(`unix://${socket}\n`);
    const running = await slipway(["engine", "status"], own);
    expect(running).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^State: +running$/m) });
    await using engine = connectEngine(unixEndpoint(socket));
    await using outer = testEngine();
    await loadImages(engine, await saveImage(outer, "debian:bookworm"));
    const id = await createContainer(engine, {
      image: "debian:bookworm",
      name: "busy",
      command: ["sleep", "1000"],
      init: true,
      labels: {},
      openStdin: false,
      tty: false,
      networkMode: "none",
    });
    await startContainer(engine, id);
    await expect(slipway(["engine", "stop"], own)).rejects.toMatchObject({ code: "ENGINE_IN_USE" });
    await expect(slipway(["engine", "stop"], own, ["n"])).rejects.toMatchObject({ code: "ENGINE_IN_USE" });
    const stopped = await slipway(["engine", "stop"], own, ["y"]);
    expect(stopped.stderr).toContain("busy (debian:bookworm)");
    expect(stopped.stderr).toContain("stopped\n");
    const log = await slipway(["engine", "logs", "--tail", "3"], own);
    expect(log.stdout.trim().split("\n")).toHaveLength(3);
  });
});
