import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { makeProject } from "./launch-project.ts";

const configuration = `
configuration:
  defaults:
    http: { port: 8080 }
    database: { host: db, password: hunter22 }
`;
const note = (name: string) => `echo ${name} >> "$SLIPWAY_DATA/ran"`;
const steps = {
  "project/deployment/10-packages.sh": `#!/bin/sh\n# inputs: packages.txt src\n# configuration:\n${note("packages")}\n`,
  "project/deployment/20-site.conf.j2":
    "{#\ntarget: out/site.conf\nmode: 0600\n#}\nlisten {{ http.port }} {{ launch.name }};\n",
  "project/deployment/30-database": `#!/bin/sh\n${note("database $CONFIG_DATABASE_HOST $(cat $CONFIG_DATABASE_PASSWORD_FILE)")}\n`,
  "project/deployment/30-database.yaml": "configuration: [database]\n",
  "project/deployment/40-all.sh": `#!/bin/sh\n${note("all")}\npwd; cat "$SLIPWAY_CONFIGURATION"; echo\n`,
  "project/deployment/README": "no step",
  "project/packages.txt": "nginx\n",
  "project/src/a": "a",
};

function ran(project: ReturnType<typeof makeProject>): string[] {
  const path = project.path("data/ran");
  const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  project.write({ "data/ran": "" });
  return lines.filter((line) => line !== "");
}

async function states(project: ReturnType<typeof makeProject>): Promise<string[]> {
  const { stdout, exitCode, stderr } = await project.run(["deploy", "--list"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return stdout.split("\n").map((line) => line.replace(/ +/, " "));
}

test("runs the steps in order, and again only what something changed for", async () => {
  using project = makeProject(configuration, steps);
  expect(await states(project)).toEqual([
    "10-packages.sh new",
    "20-site.conf.j2 new",
    "30-database new",
    "40-all.sh new",
  ]);
  const first = await project.run(["deploy"]);
  expect(first).toMatchObject({ exitCode: 0 });
  expect(first.stdout.split("\n")).toEqual([
    project.path("project"),
    '{"http":{"port":8080},"database":{"host":"db","password":"hunter22"}}',
  ]);
  expect(ran(project)).toEqual(["packages", "database db hunter22", "all"]);
  expect(readFileSync(project.path("project/out/site.conf"), "utf8")).toBe("listen 8080 shop;\n");
  expect(statSync(project.path("project/out/site.conf")).mode & 0o777).toBe(0o600);

  const second = await project.run(["deploy"]);
  expect(second.stderr.split("\n")).toEqual(
    ["10-packages.sh", "20-site.conf.j2", "30-database", "40-all.sh"].map((name) => `slipway-init: ${name}: unchanged`),
  );
  expect(ran(project)).toEqual([]);

  project.write({ "data/configuration.yaml": "http: { port: 90 }\n" });
  expect(await states(project)).toEqual([
    "10-packages.sh unchanged",
    "20-site.conf.j2 changed",
    "30-database unchanged",
    "40-all.sh changed",
  ]);
  await project.run(["deploy"]);
  expect(ran(project)).toEqual(["all"]);
  expect(readFileSync(project.path("project/out/site.conf"), "utf8")).toBe("listen 90 shop;\n");

  project.write({ "project/src/b": "b" });
  await project.run(["deploy"]);
  expect(ran(project)).toEqual(["packages"]);
  chmodSync(project.path("project/packages.txt"), 0o600);
  await project.run(["deploy"]);
  expect(ran(project)).toEqual(["packages"]);
  project.write({ "project/deployment/30-database": `#!/bin/sh\n${note("other")}\n` });
  await project.run(["deploy"]);
  expect(ran(project)).toEqual(["other"]);
  expect(readFileSync(project.path("data/.slipway/deployment.json"), "utf8")).not.toContain("hunter22");
  expect(statSync(project.path("data/.slipway/deployment.json")).mode & 0o777).toBe(0o600);
});

test("a step that fails stops the deployment with its output and status; the next run goes on from there", async () => {
  using project = makeProject("", {
    "project/deployment/1-a": `#!/bin/sh\n${note("a")}\n`,
    "project/deployment/2-b": `#!/bin/sh\n${note("b")}\necho what happened >&2\ntest -e fixed || exit 42\n`,
    "project/deployment/3-c": `#!/bin/sh\n${note("c")}\n`,
  });
  const failed = await project.run(["deploy"]);
  expect(failed).toMatchObject({ exitCode: 42 });
  expect(failed.stderr).toBe(
    "slipway-init: 1-a\nslipway-init: 2-b\nwhat happened\nslipway-init: 2-b failed: exit code 42",
  );
  expect(ran(project)).toEqual(["a", "b"]);
  expect(await states(project)).toEqual(["1-a unchanged", "2-b failed", "3-c new"]);
  project.write({ "project/fixed": "" });
  expect(await project.run(["deploy"])).toMatchObject({ exitCode: 0 });
  expect(ran(project)).toEqual(["b", "c"]);
});

test("--only and --force", async () => {
  using project = makeProject(configuration, steps);
  await project.run(["deploy", "--only", "40", "--only=10-packages.sh"]);
  expect(ran(project)).toEqual(["packages", "all"]);
  await project.run(["deploy", "--only", "40", "--force"]);
  expect(ran(project)).toEqual(["all"]);
  expect(await project.run(["deploy", "--only", "10-pakages.sh"])).toMatchObject({
    exitCode: 2,
    stderr: "slipway-init: no step 10-pakages.sh\n  hint: did you mean 10-packages.sh?",
  });
});

test("what can't be a step, and what declares nonsense, is told before anything runs", async () => {
  using project = makeProject("", {
    "project/deployment/1-a": `#!/bin/sh\n${note("a")}\n`,
    "project/deployment/2-b": "echo",
  });
  expect(await project.run(["deploy"])).toMatchObject({ exitCode: 2 });
  expect(ran(project)).toEqual([]);
});

test("a declared input that is not there is told", async () => {
  using project = makeProject("", { "project/deployment/1-a": "#!/bin/sh\n# inputs: nothing\n" });
  const { stderr, exitCode } = await project.run(["deploy"]);
  expect([exitCode, stderr]).toEqual([0, "slipway-init: 1-a: nothing matches its input nothing\nslipway-init: 1-a"]);
});

test("a step that was killed halfway runs again", async () => {
  using project = makeProject("", { "project/deployment/1-a": `#!/bin/sh\n${note("a")}\n` });
  await project.run(["deploy"]);
  project.write({
    "project/deployment/1-a": `#!/bin/sh\n${note("a")}\ndirname $SLIPWAY_CONFIGURATION > values\nkill -9 $PPID\nsleep 0.1\n`,
  });
  await project.run(["deploy"]);
  // In a container it goes with the container.
  rmSync(readFileSync(project.path("project/values"), "utf8").trim(), { recursive: true });
  project.write({ "project/deployment/1-a": `#!/bin/sh\n${note("a")}\n` });
  ran(project);
  expect(await states(project)).toEqual(["1-a new"]);
});

test("a project that has salt is deployed by salt, where the image has it", async () => {
  using project = makeProject("", { "project/deployment/1-a": `#!/bin/sh\n${note("a")}\n` });
  mkdirSync(project.path("project/.salt"));
  await project.run(["deploy"]);
  expect(ran(project)).toEqual(["a"]);

  project.write({ "bin/salt-call": '#!/bin/sh\necho salt "$@" in $PWD for $SLIPWAY_NAME\nexit $SALT\n' });
  const PATH = `${project.path("bin")}:${process.env.PATH}`;
  const deployed = await project.run(["deploy"], { PATH, SALT: "0" });
  expect(deployed).toMatchObject({
    exitCode: 0,
    stdout: `salt --local --retcode-passthrough mc_project.deploy shop in ${project.path("project")} for shop`,
  });
  expect(ran(project)).toEqual([]);
  const failed = await project.run(["deploy", "--only", "050_conf.sls"], { PATH, SALT: "3" });
  expect(failed.exitCode).toBe(3);
  expect(failed.stdout).toContain("mc_project.deploy shop only=install only_steps=050_conf.sls in");
  expect(await project.run(["deploy", "--list"], { PATH })).toMatchObject({ exitCode: 2 });
});
