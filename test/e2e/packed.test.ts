import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inspectImage, removeImage } from "../../src/engine/images.ts";
import { testEngine, uniqueName } from "../engine/fixture.ts";

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
  expect(names).toEqual(
    expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/js/main.js", "dist/js/index.js"]),
  );
  const agents = ["amd64", "arm64"].map((architecture) => `dist/agent/slipway-init-linux-${architecture}`);
  expect(names).toEqual(expect.arrayContaining(agents));
  expect(names.filter((name) => !/^(package\.json|README\.md|LICENSE|dist\/|docs\/)/.test(name))).toEqual([]);
  expect(names.filter((name) => /\.test\.|\.ts$|\.map$/.test(name))).toEqual(["dist/types/index.d.ts"]);
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

test("makes a project, and the base image with the slipway-init that it brings", async () => {
  expect((await slipway(["new", "shop"])).stdout).toContain("shop is made");
  expect(readFileSync(join(folder, "shop/.slipway/editor"), "utf8")).toContain("served  /htdocs/");
  accessSync(join(folder, "shop/deployment/10-nginx.sh"), constants.X_OK);
  const tag = `${uniqueName("packed-base")}:1`;
  const engine = testEngine();
  try {
    const { stdout } = await slipway(["base", "slipway/base", "--tag", tag]);
    expect(stdout).toContain(`${tag} is sha256:`);
    expect((await inspectImage(engine, tag))?.config.entrypoint).toEqual(["/usr/local/bin/slipway-init", "launch"]);
  } finally {
    await removeImage(engine, tag);
  }
});

/** A project of a user in TypeScript: the packed library, the compiler and Node's types are all that it has. */
function writeLibraryProject(name: string): string {
  const project = join(folder, name);
  cpSync(join(root, "examples/library"), project, { recursive: true });
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "@types"), { recursive: true });
  symlinkSync(join(folder, "app/node_modules/slipway"), join(modules, "slipway"));
  for (const library of ["typescript", "@types/node", "undici-types"]) {
    symlinkSync(join(root, "node_modules", library), join(modules, library));
  }
  return project;
}

function compile(project: string, settings = "tsconfig.json") {
  return execa(process.execPath, ["node_modules/typescript/bin/tsc", "-p", settings], { cwd: project, reject: false });
}

test("the library's example is type-checked against its declarations, and runs", async () => {
  const project = writeLibraryProject("example");
  const { stdout: mistakes } = await compile(project);
  expect(mistakes).toBe("");
  const env = { PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: join(folder, "state") };
  const { stdout } = await execa(process.execPath, ["dist/replay.js"], {
    cwd: project,
    env: { ...env, DOCKER_HOST: process.env.DOCKER_HOST },
    extendEnv: false,
  });
  try {
    expect(stdout).toMatch(/^failed RUN \.\/check\.sh$/m);
    expect(stdout).toMatch(/^step 5 printed: .*check\.sh: (not found|No such file or directory)$/m);
    expect(stdout).toMatch(/^done RUN grep -q Hello greeting\.txt$/m);
    expect(stdout).toMatch(/^an image of it: sha256:[0-9a-f]{64}$/m);
  } finally {
    await execa("docker", ["rmi", "slipway-example-library:latest"]);
  }
});

test("the declarations refuse what the library doesn't have", async () => {
  const project = writeLibraryProject("mistakes");
  writeFileSync(
    join(project, "replay.ts"),
    `import { openSession } from "slipway";
await using session = await openSession({ context: ".", colour: "blue" });
session.onEvent((event) => {
  if (event.type === "output") event.data.toUpperCase();
  if (event.type === "sunk") throw new Error();
});
`,
  );
  const { stdout } = await compile(project);
  expect(
    stdout
      .split("\n")
      .filter((line) => line.startsWith("replay.ts"))
      .map((line) => line.split(":")[0]),
  ).toEqual(["replay.ts(2,57)", "replay.ts(4,43)", "replay.ts(5,7)"]);
});

test("the programs of docs/library.md are type-checked too", async () => {
  const project = writeLibraryProject("page");
  const page = readFileSync(join(root, "docs/library.md"), "utf8");
  const programs = [...page.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!);
  expect(programs.length).toBeGreaterThan(1);
  const files = programs.map((program, index) => {
    // A `return` stands in a function.
    const imports = program.slice(0, program.indexOf("\n\n"));
    const body = program.slice(imports.length);
    writeFileSync(join(project, `page${index}.ts`), `${imports}\nexport async function main() {${body}}\n`);
    return `page${index}.ts`;
  });
  writeFileSync(join(project, "tsconfig.page.json"), JSON.stringify({ extends: "./tsconfig.json", files }));
  const { stdout } = await compile(project, "tsconfig.page.json");
  expect(stdout).toBe("");
});
