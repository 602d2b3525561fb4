import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectEngine, type EngineClient } from "../../src/engine/client.ts";
import { parseEndpoint } from "../../src/engine/endpoint.ts";
import { type NestedEngine, startDocker26 } from "../engines/docker-26.ts";
import { contextFolder, outputOf, type ProgramRun, runProgram } from "./build-fixture.ts";

let nested: NestedEngine;
let engine: EngineClient;
beforeAll(async () => {
  nested = await startDocker26(process.env.DOCKER_HOST!);
  engine = connectEngine(parseEndpoint(nested.host, undefined));
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await nested?.[Symbol.asyncDispose]();
});

function build(cwd: string, ...words: string[]): Promise<ProgramRun> {
  return runProgram(["build", "-t", "app", ...words, "."], { cwd, env: { DOCKER_HOST: nested.host } });
}

test("named contexts: a folder, an image, and one that replaces a base", async () => {
  using folder = contextFolder({
    "app/Dockerfile": [
      "FROM base",
      "COPY --from=assets folder/ /assets/",
      "RUN --mount=from=assets,target=/mounted cp /mounted/top /top",
      "COPY --from=other /etc/debian_version /version",
    ].join("\n"),
    "assets/folder/file": "asset\n",
    "assets/folder/ignored": "",
    "assets/.dockerignore": "folder/ignored\n",
    "assets/top": "top\n",
  });
  const run = await build(
    join(folder.path, "app"),
    ...["--build-context", "assets=../assets", "--build-context", "base=docker-image://debian:bookworm"],
    ...["--build-context", "other=docker-image://debian:bookworm"],
  );
  expect(run).toMatchObject({ exitCode: 0 });
  expect(await outputOf(engine, "app", "ls /assets; cat /assets/file /top; test -s /version && echo version")).toBe(
    "file\nasset\ntop\nversion\n",
  );
});

test("heredocs build, and the engine itself tells the place of a failure", async () => {
  using folder = contextFolder({ Dockerfile: "FROM debian:bookworm\nRUN <<EOF\necho in heredoc\nexit 9\nEOF\n" });
  const run = await build(folder.path);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain(`${folder.path}/Dockerfile:2: `);
  expect(run.stderr).toMatch(/^ {2}\| in heredoc$/m);
  expect(run.stderr).toContain("exit code: 9");
});

test("names outside ASCII reach the engine", async () => {
  using folder = contextFolder({ Dockerfile: "FROM debian:bookworm\nCOPY größe/ /größe/\n", "größe/ein maß": "✓\n" });
  expect(await build(folder.path)).toMatchObject({ exitCode: 0 });
  expect(await outputOf(engine, "app", "cat '/größe/ein maß'")).toBe("✓\n");
});
