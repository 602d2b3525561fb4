import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "slipway-packed-"));
const program = join(folder, "app/node_modules/.bin/slipway");
let tarball: string;

/** The installed program as a user has it: nothing of the repository on the PATH or in the environment. */
function slipway(args: readonly string[], options: { input?: string } = {}) {
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: folder,
    XDG_STATE_HOME: join(folder, "state"),
    DOCKER_HOST: process.env.DOCKER_HOST,
  };
  return execa(program, args, { cwd: folder, env, extendEnv: false, ...options });
}

function writeProject(name: string, dockerfile: string): string {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, "Dockerfile"), dockerfile);
  return project;
}

beforeAll(async () => {
  const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
  // What the build prints on the way stands before the JSON.
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("[\n")));
  tarball = join(folder, filename);
  mkdirSync(join(folder, "app"));
  // No network: the package has no dependencies.
  await execa("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], { cwd: join(folder, "app") });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the tarball holds the program, its agent and the documents, and nothing else of the repository", async () => {
  const { stdout } = await execa("tar", ["-tzf", tarball]);
  const names = stdout.split("\n").map((name) => name.replace(/^package\//, ""));
  expect(names).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/js/main.js"]));
  const agents = ["amd64", "arm64"].map((architecture) => `dist/agent/slipway-init-linux-${architecture}`);
  expect(names).toEqual(expect.arrayContaining(agents));
  expect(names.filter((name) => !/^(package\.json|README\.md|LICENSE|dist\/|docs\/)/.test(name))).toEqual([]);
  expect(names.filter((name) => /\.test\.|\.ts$|\.map$/.test(name))).toEqual([]);
});

test("tells its version and its help", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect((await slipway(["--version"])).stdout).toBe(version);
  expect((await slipway(["--help"])).stdout).toContain("hack");
});

test("checks a Dockerfile", async () => {
  const good = writeProject("good", "FROM debian:bookworm\nRUN true\n");
  await slipway(["dockerfile", "check", join(good, "Dockerfile")]);
  const bad = writeProject("bad", "FROM debian:bookworm\nCOPY one\n");
  await expect(slipway(["dockerfile", "check", join(bad, "Dockerfile")])).rejects.toMatchObject({ exitCode: 1 });
});

test("replays a Dockerfile with the agent that it brings", async () => {
  const project = writeProject("project", "FROM debian:bookworm\nRUN echo launched > /slipway-packed\n");
  const script = "continue\nrun cat /slipway-packed\nquit --rm\n";
  const { stdout } = await slipway(["hack", project, "--script", "-"], { input: script });
  expect(stdout).toContain("launched");
});
