import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { expect, test } from "vitest";
import { makeProject } from "./launch-project.ts";

const asRoot = process.getuid?.() === 0;

const configuration = `
configuration:
  defaults:
    http: { host: localhost, port: 8080 }
    database: { password: null }
  environment: { DATABASE_PASSWORD: database.password, PORT: http.port }
templates:
  - source: site.conf.j2
    target: ../out/site.conf
    mode: 0640
`;
const template = "listen {{ http.host }}:{{ http.port }};\npassword {{ database.password | default('none', true) }};\n";

test("configure merges, renders, sets modes, and then has nothing to do", async () => {
  using project = makeProject(configuration, {
    "project/site.conf.j2": template,
    "data/configuration.yaml": "http: { host: shop }\n",
  });
  const first = await project.run(["configure"], { PORT: "90" });
  expect(first).toMatchObject({ exitCode: 0, stdout: "" });
  expect(first.stderr).toBe(`slipway-init: write ${project.path("out/site.conf")}`);
  expect(readFileSync(project.path("out/site.conf"), "utf8")).toBe("listen shop:90;\npassword none;\n");
  expect(statSync(project.path("out/site.conf")).mode & 0o7777).toBe(0o640);
  expect(readdirSync(project.path("out"))).toEqual(["site.conf"]);

  const before = statSync(project.path("out/site.conf"));
  expect(await project.run(["configure"], { PORT: "90" })).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await project.run(["configure", "--diff"], { PORT: "90" })).toMatchObject({ exitCode: 0, stdout: "" });
  const after = statSync(project.path("out/site.conf"));
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);

  chmodSync(project.path("out/site.conf"), 0o600);
  const mode = await project.run(["configure"], { PORT: "90" });
  expect(mode.stderr).toBe(`slipway-init: set owner and mode of ${project.path("out/site.conf")}`);
  expect(statSync(project.path("out/site.conf"))).toMatchObject({ ino: before.ino, mode: 0o100640 });
});

test("--diff shows what would change, without secrets, and changes nothing", async () => {
  using project = makeProject(`${configuration}\nfill:\n  - { from: image, to: media }\n`, {
    "project/site.conf.j2": template,
    "project/image/a": "a",
    "project/image/b": "b",
    "out/site.conf": "listen localhost:80;\npassword formerly;\n",
    "run/secret": "hunter22\n",
  });
  const env = { DATABASE_PASSWORD_FILE: project.path("run/secret") };
  const diff = await project.run(["configure", "--diff"], env);
  expect(diff).toMatchObject({ exitCode: 1, stderr: "" });
  const site = project.path("out/site.conf");
  const owner = execFileSync("stat", ["-c", "%U:%G", site], { encoding: "utf8" }).trim();
  expect(diff.stdout.split("\n")).toEqual([
    `${project.path("data/media")}: filled from ${project.path("project/image")}: a b`,
    `${site}: ${owner} 0644 -> ${owner} 0640`,
    `--- ${site}`,
    `+++ ${site}`,
    "@@ -1,2 +1,2 @@",
    "-listen localhost:80;",
    "-password ***;",
    "+listen localhost:8080;",
    "+password ***;",
  ]);
  expect(readFileSync(site, "utf8")).toContain("formerly");
  expect(existsSync(project.path("data/media"))).toBe(false);

  expect(await project.run(["configure"], env)).toMatchObject({ exitCode: 0 });
  expect(readFileSync(site, "utf8")).toContain("password hunter22;");
  expect(await project.run(["configure", "--diff"], env)).toMatchObject({ exitCode: 0, stdout: "" });
});

test("--diff sees the configuration that a volume would be filled with", async () => {
  using project = makeProject(`${configuration}\nfill:\n  - { from: sample, to: . }\n`, {
    "project/site.conf.j2": template,
    "project/sample/configuration.yaml": "http: { host: sample }\n",
  });
  const diff = await project.run(["configure", "--diff"]);
  expect(diff.stdout).toContain("+listen sample:8080;");
  await project.run(["configure"]);
  expect(readFileSync(project.path("out/site.conf"), "utf8")).toContain("listen sample:8080;");
});

test("tells all mistakes of the launch file at once, and touches nothing", async () => {
  using project = makeProject(
    "tempaltes: []\nfill:\n  - { from: 7, two: b }\nprepare:\n  - command: []\ntemplates:\n  - source: a\n    target: b\n    mode: 0888\n",
  );
  const { exitCode, stderr } = await project.run(["launch"]);
  expect(exitCode).toBe(2);
  const file = project.path("launch.yaml");
  expect(stderr.split("\n")).toEqual([
    "slipway-init: 6 mistakes",
    `${file}:4: unknown key tempaltes`,
    "  hint: did you mean templates?",
    `${file}:6: unknown key fill[0].two`,
    "  hint: did you mean to?",
    `${file}:6: fill[0].from must be a text`,
    '  hint: write "7"',
    `${file}:6: fill[0].to is missing`,
    `${file}:8: prepare[0].command is empty`,
    `${file}:12: templates[0].mode must be octal digits like 0644`,
  ]);
});

test.each([
  ["http:\n  prot: 1\n", {}, "DATA/configuration.yaml:2: unknown key http.prot\n  hint: did you mean port?"],
  ["http: {port: '1'}\n", {}, "DATA/configuration.yaml:1: http.port must be a number, not a text"],
  ["http: {\n", {}, /DATA\/configuration.yaml:\d: /],
  ["", { PORT: "many" }, "variable PORT: http.port must be a number, not a text"],
  [
    "",
    { DATABASE_PASSWORD: "a", DATABASE_PASSWORD_FILE: "/x" },
    "both DATABASE_PASSWORD and DATABASE_PASSWORD_FILE are set",
  ],
])("a mistake of the operator: %j %j", async (yaml, env, message) => {
  using project = makeProject(configuration, { "project/site.conf.j2": template, "data/configuration.yaml": yaml });
  const { exitCode, stderr } = await project.run(["configure"], env as Record<string, string>);
  expect(exitCode).toBe(2);
  const text = stderr.replaceAll(project.path("data"), "DATA");
  if (typeof message === "string") expect(text).toContain(message);
  else expect(text).toMatch(message);
  expect(existsSync(project.path("out"))).toBe(false);
});

test("a template's mistake has its line", async () => {
  using project = makeProject(configuration, { "project/site.conf.j2": "a\n{% if http.tls %}\n{% endif %}\n" });
  const { exitCode, stderr } = await project.run(["configure"]);
  expect(exitCode).toBe(2);
  expect(stderr).toBe(`slipway-init: a mistake\n${project.path("project/site.conf.j2")}:2: http.tls is not defined`);
});

test("the switches of bin/launch.sh leave templates alone", async () => {
  using project = makeProject(configuration, { "project/site.conf.j2": template });
  await project.run(["configure"], { re_configure: "False" });
  await project.run(["configure", "re_configure=no"], { re_configure: "True" });
  expect(existsSync(project.path("out"))).toBe(false);
  await project.run(["configure", "re_configure=True"], { re_configure: "0" });
  expect(existsSync(project.path("out"))).toBe(true);
  expect(await project.run(["configure", "re_configur=True"])).toMatchObject({
    exitCode: 2,
    stderr: "slipway-init: unexpected re_configur=True\n  hint: did you mean re_configure?",
  });
});

test("a link is followed to the file that is written", async () => {
  using project = makeProject(configuration, { "project/site.conf.j2": template, "real/site.conf": "old" });
  mkdirSync(project.path("out"));
  symlinkSync("../real/site.conf", project.path("out/site.conf"));
  await project.run(["configure"]);
  expect(readlinkSync(project.path("out/site.conf"))).toBe("../real/site.conf");
  expect(readFileSync(project.path("real/site.conf"), "utf8")).toContain("listen");
});

const fill = "fill:\n  - { from: image, to: media }\n";

test("an empty volume is filled with owners, modes, links and times; one that has something is not", async () => {
  using project = makeProject(fill, { "project/image/sub/a": "a", "project/image/run": "#!/bin/sh\n" });
  const image = project.path("project/image");
  if (asRoot) chownSync(`${image}/sub/a`, 1234, 4321);
  chmodSync(`${image}/run`, 0o4711);
  linkSync(`${image}/sub/a`, `${image}/b`);
  symlinkSync("sub/a", `${image}/link`);
  utimesSync(`${image}/sub/a`, 1000, 1234.5);
  utimesSync(`${image}/sub`, 1000, 999);
  chmodSync(image, 0o2775);
  mkdirSync(project.path("data/media/lost+found"), { recursive: true });

  await project.run(["configure"]);
  const media = project.path("data/media");
  expect(readdirSync(media).sort()).toEqual(["b", "link", "lost+found", "run", "sub"]);
  const a = statSync(`${media}/sub/a`);
  expect([a.mtimeMs, a.nlink, a.ino]).toEqual([1234500, 2, statSync(`${media}/b`).ino]);
  if (asRoot) expect([a.uid, a.gid]).toEqual([1234, 4321]);
  expect(statSync(`${media}/run`).mode & 0o7777).toBe(0o4711);
  expect(statSync(media).mode & 0o7777).toBe(0o2775);
  expect(statSync(`${media}/sub`).mtimeMs).toBe(999000);
  expect(lstatSync(`${media}/link`).isSymbolicLink()).toBe(true);

  project.write({ "project/image/later": "later" });
  expect(await project.run(["configure"])).toMatchObject({ exitCode: 0, stderr: "" });
  expect(existsSync(`${media}/later`)).toBe(false);
});

test("a fill that was interrupted is done again, or ended", async () => {
  using project = makeProject(fill, { "project/image/a": "a", "project/image/b": "b" });
  project.write({ "data/media/.slipway-filling/half": "" });
  await project.run(["configure"]);
  expect(readdirSync(project.path("data/media"))).toEqual(["a", "b"]);

  execFileSync("sh", ["-c", "mkdir .slipway-filled && mv b .slipway-filled"], { cwd: project.path("data/media") });
  await project.run(["configure"]);
  expect(readdirSync(project.path("data/media"))).toEqual(["a", "b"]);
});

test("prepare steps run in order with the configuration, then the command takes over", async () => {
  using project = makeProject(
    `${configuration}
prepare:
  - { name: first, command: "echo one $CONFIG_HTTP_PORT $OWN $(cat $CONFIG_DATABASE_PASSWORD_FILE) ${"$"}{CONFIG_DATABASE_PASSWORD-unset}", environment: { OWN: 1 } }
  - { command: [cat, sub/file], directory: sub/.. }
  - { command: "cat $SLIPWAY_CONFIGURATION; echo; ls -la $SLIPWAY_CONFIGURATION >&2; echo $SLIPWAY_CONFIGURATION > path" }
`,
    { "project/site.conf.j2": template, "project/sub/file": "two\n" },
  );
  const env = { DATABASE_PASSWORD: "hunter22" };
  const ended = await project.run(
    ["launch", "--", "sh", "-c", "echo command $0 $OWN$CONFIG_HTTP_PORT; exit 7", "x"],
    env,
  );
  expect(ended.stdout.split("\n")).toEqual([
    "one 8080 1 hunter22 unset",
    "two",
    '{"http":{"host":"localhost","port":8080},"database":{"password":"hunter22"}}',
    "command x",
  ]);
  expect(ended.exitCode).toBe(7);
  expect(ended.stderr).toContain("-r--------");
  expect(ended.stderr).toContain("slipway-init: prepare: first\n");
  expect(ended.stderr).not.toContain("hunter22");
  expect(existsSync(readFileSync(project.path("project/path"), "utf8").trim())).toBe(false);
});

test.each([
  ["exit 3", 3, "exit code 3"],
  ["kill -9 $$", 137, "ended by signal 9"],
  [["./data.txt"], 126, 'exec: "./data.txt": permission denied'],
  [["nowhere"], 127, 'exec: "nowhere": executable file not found in $PATH'],
])("a prepare step that fails ends the launch: %j", async (command, exitCode, message) => {
  using project = makeProject(
    `prepare:\n  - { name: it, command: ${JSON.stringify(command)} }\n  - echo no\n`.replace(
      "- echo no",
      "- { command: echo no }",
    ),
    {
      "project/data.txt": "",
    },
  );
  const ended = await project.run(["launch", "--", "echo", "no"]);
  expect(ended).toMatchObject({ exitCode, stdout: "" });
  expect(ended.stderr).toContain(`prepare step it failed: ${message}`);
});

test("nothing to become is told before anything is done", async () => {
  using project = makeProject("prepare:\n  - { command: echo no }\n");
  expect(await project.run(["launch"])).toMatchObject({ exitCode: 2, stdout: "" });
  expect(await project.run(["launch", "--"])).toMatchObject({ exitCode: 2, stdout: "" });
  expect(await project.run(["launch", "--fiel"])).toMatchObject({
    exitCode: 2,
    stderr: "slipway-init: unknown option --fiel\n  hint: did you mean --file?",
  });
});

test("--help of each word", async () => {
  using project = makeProject("");
  for (const word of ["launch", "configure", "deploy"]) {
    const help = await project.run([word, "--help"]);
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: slipway-init ${word}`);
  }
});
