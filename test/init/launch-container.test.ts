import { chmodSync, chownSync, readFileSync, rmSync, statSync } from "node:fs";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { type ContainerSpec, containerLogs, startContainer, waitContainer } from "../../src/engine/containers.ts";
import { testContainers, testEngine } from "../engine/fixture.ts";
import { makeProject, slipwayInit } from "./launch-project.ts";

const engine = testEngine();
const containers = testContainers(engine, "launch-container");
afterAll(() => containers.clean());

const key = (letter: string) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)} ${letter}@host`;

type Project = ReturnType<typeof makeProject>;

/** The project with its launch file, where an image has them. */
async function create(project: Project, command: readonly string[], spec: Partial<ContainerSpec> = {}) {
  const { mounts = [], ...more } = spec;
  const launchFile = readFileSync(project.path("launch.yaml"), "utf8").replace(/^(project|data): .*\n/gm, "");
  project.write({ "launch.yaml": launchFile });
  const bind = (source: string, target: string, readOnly = false) =>
    ({ type: "bind", source, target, readOnly }) as const;
  return containers.create({
    entrypoint: ["/usr/local/bin/slipway-init", "launch"],
    command,
    mounts: [
      bind(slipwayInit, "/usr/local/bin/slipway-init", true),
      bind(project.path("launch.yaml"), "/etc/slipway/launch.yaml", true),
      bind(project.path("project"), "/srv/projects/shop/project"),
      bind(project.path("data"), "/srv/projects/shop/data"),
      ...mounts,
    ],
    ...more,
  });
}

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts it, once more when it ran already, and waits for its end. */
async function run(id: string): Promise<Run> {
  const before = await readLogs(id);
  await startContainer(engine, id);
  const { exitCode } = await waitContainer(engine, id);
  const { stdout, stderr } = await readLogs(id);
  return { exitCode, stdout: stdout.slice(before.stdout.length), stderr: stderr.slice(before.stderr.length) };
}

async function readLogs(id: string) {
  const { stdout, stderr } = await containerLogs(engine, id);
  const [out, errors] = await Promise.all([text(stdout), text(stderr)]);
  return { stdout: out, stderr: errors };
}

const configuration = `
configuration:
  defaults: { http: { port: 80 } }
templates:
  - { source: app.conf.j2, target: /run/shop/app.conf, owner: OWNER, group: OWNER, mode: 0640 }
`;
const files = { "project/app.conf.j2": "port {{ http.port }}\n", "data/configuration.yaml": "http: { port: 90 }\n" };

test("as root: owners, keys that come and go, lines of others that stay", async () => {
  using project = makeProject(
    `${configuration.replaceAll("OWNER", "www-data")}
ssh: { users: [root, games] }
prepare:
  - { command: "echo as $(id -un) in $PWD home $HOME", user: www-data }
`,
    { ...files, "data/ssh/one.pub": `${key("A")}\n`, "data/ssh/two.pub": `${key("B")}\nnonsense\n` },
  );
  const id = await create(project, [
    "--",
    "sh",
    "-c",
    "stat -c '%a %U:%G %n' /run/shop/app.conf /root/.ssh /root/.ssh/authorized_keys /usr/games/.ssh /usr/games/.ssh/authorized_keys; cat /run/shop/app.conf; grep -v '^# ' /root/.ssh/authorized_keys; echo mine >> /root/.ssh/authorized_keys",
  ]);
  const first = await run(id);
  expect(first.stderr).toContain("two.pub:2: no public key, left out\n");
  expect(first.stdout.split("\n")).toEqual([
    "as www-data in /srv/projects/shop/project home /var/www",
    "640 www-data:www-data /run/shop/app.conf",
    "700 root:root /root/.ssh",
    "600 root:root /root/.ssh/authorized_keys",
    "700 games:games /usr/games/.ssh",
    "600 games:games /usr/games/.ssh/authorized_keys",
    "port 90",
    key("A"),
    key("B"),
    "",
  ]);
  expect(first.exitCode).toBe(0);

  rmSync(project.path("data/ssh/one.pub"));
  const second = await run(id);
  expect(second.stdout.split("\n").slice(-4)).toEqual(["port 90", key("B"), "mine", ""]);
  rmSync(project.path("data/ssh"), { recursive: true });
  expect((await run(id)).stdout.split("\n").slice(-4)).toEqual(["port 90", "mine", "mine", ""]);
});

const asUser = {
  user: "1000:1000",
  readOnlyRoot: true,
  capDrop: ["ALL"],
  mounts: [{ type: "tmpfs", source: "", target: "/run/shop", readOnly: false, mode: 0o1777 }],
} as const;

test("as a user, on a read-only root file system", async () => {
  using project = makeProject(
    `${configuration.replaceAll("OWNER", "1000")}
fill:
  - { from: image, to: media }
prepare:
  - { name: look, command: [sh, -c, "id -u; cat /run/shop/app.conf \\"$SLIPWAY_CONFIGURATION\\""] }
supervisor: circus.ini
`,
    {
      ...files,
      "project/image/a": "a",
      "project/circus.ini":
        "[circus]\nendpoint = /run/shop/control\nfollow = app\n[watcher:app]\ncmd = sh -c 'echo up $$; exit 7'\nrespawn = false\n",
    },
  );
  chownSync(project.path("data"), 1000, 1000);
  const id = await create(project, ["--", "sh", "-c", "echo $$; stat -c '%a %u:%g %n' /run/shop/app.conf"], asUser);
  expect(await run(id)).toMatchObject({
    exitCode: 0,
    stdout: '1000\nport 90\n{"http":{"port":90}}1\n640 1000:1000 /run/shop/app.conf\n',
  });
  expect(readFileSync(project.path("data/media/a"), "utf8")).toBe("a");
  expect(statSync(project.path("data/media/a")).uid).toBe(1000);

  // The watcher's own status, which it is told to follow.
  const supervised = await run(await create(project, [], asUser));
  expect(supervised.stdout).toMatch(/up \d+\n$/);
  expect(supervised.exitCode).toBe(7);
});

test("what a user can't do is said, and ends the launch with 1", async () => {
  using project = makeProject(configuration.replaceAll("OWNER", "www-data"), files);
  const owner = await run(await create(project, ["--", "true"], asUser));
  expect(owner.exitCode).toBe(1);
  expect(owner.stderr).toContain("chown /run/shop/.app.conf.slipway-1 to 33:33: operation not permitted");

  project.write({
    "launch.yaml": `name: shop\n${configuration.replaceAll("OWNER", "1000").replace("/run/shop", "/etc/shop")}`,
  });
  const place = await run(await create(project, ["--", "true"], asUser));
  expect(place.exitCode).toBe(1);
  expect(place.stderr).toContain("mkdir /etc/shop: read-only file system");
});

test("a target that is mounted itself is written in place", async () => {
  using project = makeProject(
    configuration.replaceAll("OWNER", "root").replace("/run/shop/app.conf", "/etc/app.conf"),
    {
      ...files,
      "app.conf": "old and longer than the new one",
    },
  );
  const mount = { type: "bind", source: project.path("app.conf"), target: "/etc/app.conf", readOnly: false } as const;
  expect(await run(await create(project, ["--", "ls", "/etc"], { mounts: [mount] }))).toMatchObject({ exitCode: 0 });
  expect(readFileSync(project.path("app.conf"), "utf8")).toBe("port 90\n");
});

test("in development mode project and data belong to the editor group too", async () => {
  using project = makeProject("development: true\n", {
    "project/a": "a",
    "project/.slipway/editor": "read-only kept\n",
    "project/kept": "k",
    "data/b": "b",
  });
  chmodSync(project.path("data/b"), 0o600);
  const command = ["--", "sh", "-c", "umask; echo $SLIPWAY_DEVELOPMENT $SLIPWAY_EDITOR_FOLDERS"];
  const { stdout, stderr, exitCode } = await run(await create(project, command));
  expect(exitCode).toBe(0);
  expect(stdout).toBe("0002\n1 /srv/projects/shop/project:/srv/projects/shop/data\n");
  expect(stderr).toContain("share /srv/projects/shop/project with the editor group");
  const rights = (name: string) => {
    const { gid, mode } = statSync(project.path(name));
    return `${gid} ${(mode & 0o7777).toString(8)}`;
  };
  expect(["project", "project/a", "project/kept"].map(rights)).toEqual(["65753 2775", "65753 664", "65753 644"]);
  expect(rights("data/b")).toBe("65753 660");

  const off = await run(await create(project, command, { env: ["SLIPWAY_DEVELOPMENT=0"] }));
  expect(off.stdout).toBe("0022\n0\n");
});
