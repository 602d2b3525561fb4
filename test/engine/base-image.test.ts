import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  containerLogs,
  inspectContainer,
  type MountSpec,
  startContainer,
  stopContainer,
  waitContainer,
} from "../../src/engine/containers.ts";
import { removeImage } from "../../src/engine/images.ts";
import { runProgram } from "./build-fixture.ts";
import { testContainers, testEngine, uniqueName } from "./fixture.ts";

const engine = testEngine();
const containers = testContainers(engine, "base-image");
const folder = mkdtempSync(join(tmpdir(), "slipway-base-image-"));
const base = `${uniqueName("base")}:1`;
const images: string[] = [];
const GID = 65753;

/** What `npm test` uses for the engine's own builds: bridge, so that the containers are reached from here. */
async function start(image: string, mounts: readonly MountSpec[] = [], env: readonly string[] = []) {
  const id = await containers.create({ image, mounts, env, networkMode: "bridge" });
  await startContainer(engine, id);
  const address = Object.values((await inspectContainer(engine, id))!.ipAddresses)[0]!;
  return { id, address, run: (command: string) => ssh(address, command) };
}

const sshOptions = ["-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
sshOptions.push("-o", "LogLevel=ERROR", "-o", "ConnectTimeout=30");

/** Runs a command in a container, as root, over its sshd. */
async function ssh(address: string, command: string, options: readonly string[] = ["-i", join(folder, "key")]) {
  const { exitCode, stdout, stderr } = await execa(
    "ssh",
    [...sshOptions, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", ...options, `root@${address}`, command],
    { reject: false, env: { SSH_AUTH_SOCK: "" } },
  );
  return { exitCode, stdout, stderr };
}

function bind(source: string, target: string): MountSpec {
  return { type: "bind", source, target, readOnly: false };
}

/** A data folder that lets the test in. */
function dataFolder(): string {
  const data = mkdtempSync(join(folder, "data-"));
  mkdirSync(join(data, "ssh"));
  writeFileSync(join(data, "ssh/test.pub"), readFileSync(join(folder, "key.pub")));
  return data;
}

const soon = <T>(check: () => Promise<T>, timeout = 30_000) => vi.waitFor(check, { timeout, interval: 200 });

beforeAll(async () => {
  chmodSync(folder, 0o755);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
  const made = await runProgram(["base", "slipway/base", "-q", "-t", base], { cwd: folder });
  expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^sha256:\w+\n$/) });
  images.push(base);
}, 600_000);

afterAll(async () => {
  await containers.clean();
  for (const image of images) await removeImage(engine, image, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** What a command prints in place of the supervisor. */
async function outputOf(image: string, ...command: string[]) {
  const id = await containers.create({ image, command: ["--", ...command] });
  await startContainer(engine, id);
  const { exitCode } = await waitContainer(engine, id);
  const logs = await containerLogs(engine, id);
  const [output] = await Promise.all([text(logs.stdout), text(logs.stderr)]);
  return { exitCode, output };
}

describe("slipway/base", () => {
  test("has no host key, nobody's key, no password, and the editor group", async () => {
    const script =
      "ls /etc/ssh/keys /etc/ssh/ssh_host* /root/.ssh 2>/dev/null; getent group editor; grep ^root: /etc/shadow";
    const { output } = await outputOf(base, "sh", "-c", script);
    expect(output).toContain(`editor:x:${GID}:root`);
    expect(output).toMatch(/^root:\*:/m);
    expect(output).not.toMatch(/ssh_host|authorized_keys/);
  });

  test("runs cron, logrotate and sshd: in with a key only, logs that rotate, jobs that fire", {
    timeout: 300_000,
  }, async () => {
    const { id, address, run } = await start(base, [bind(dataFolder(), "/srv/projects/base/data")]);
    const who = await soon(async () => {
      const result = await run("id -un; umask");
      expect(result.exitCode).toBe(0);
      return result.stdout;
    });
    expect(who).toBe("root\n0022");
    const refused = await ssh(address, "id", ["-o", "PubkeyAuthentication=no"]);
    expect(refused.stderr).toContain("Permission denied (publickey)");
    expect(refused.exitCode).toBe(255);

    await run("echo '* * * * * root date >>/tmp/fired' >/etc/cron.d/fires; chmod 644 /etc/cron.d/fires");
    const status = await run("circusctl status");
    expect(status.stdout).toMatch(/^cron: active$/m);
    expect(status.stdout).toMatch(/^sshd: active$/m);

    const before = (await run("cat /var/log/slipway/sshd.log")).stdout;
    expect(before).toContain("Accepted publickey for root");
    expect(await run("logrotate --force /etc/logrotate.conf")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await run("cat /var/log/slipway/sshd.log.1")).stdout).toContain(before.split("\n")[0]);
    await soon(async () => {
      const { stdout } = await run("cat /var/log/slipway/sshd.log");
      expect(stdout).toContain("Accepted publickey for root");
      expect(stdout).not.toContain("Server listening");
    });
    const bySize =
      "head -c 60000000 /dev/zero >/var/log/slipway/big.log; logrotate /etc/logrotate.conf; cd /var/log/slipway; ls big.log.1";
    expect((await run(bySize)).stdout, "larger than maxsize").toBe("big.log.1");

    await soon(async () => expect((await run("cat /tmp/fired")).stdout).not.toBe(""), 150_000);
    await stopContainer(engine, id);
    expect((await inspectContainer(engine, id))!.state.exitCode).toBe(0);
  });

  test("host keys are a container's own, or a volume's", async () => {
    const keys = mkdtempSync(join(folder, "keys-"));
    const script = "make-ssh-host-keys; cat /etc/ssh/keys/ssh_host_ed25519_key.pub";
    const printed = async () => (await outputOf(base, "sh", "-c", script)).output;
    expect(await printed()).not.toBe(await printed());
    const kept = async () => {
      const { id } = await start(base, [bind(keys, "/etc/ssh/keys")]);
      await soon(async () => expect(existsSync(join(keys, "ssh_host_ecdsa_key.pub"))).toBe(true));
      await stopContainer(engine, id);
      return readFileSync(join(keys, "ssh_host_ed25519_key.pub"), "utf8");
    };
    expect(await kept()).toBe(await kept());
    expect(statSync(join(keys, "ssh_host_ed25519_key")).mode & 0o077).toBe(0);
  });
});

test("the guestbook runs under it beside cron, logrotate and sshd", { timeout: 600_000 }, async () => {
  const image = `${uniqueName("guestbook")}:1`;
  const context = join(import.meta.dirname, "../../examples/guestbook");
  const file = ["-f", join(context, "supervised.Dockerfile")];
  const words = ["build", ...file, "--build-arg", `BASE=${base}`, "-q", "-t", image, context];
  expect(await runProgram(words, { cwd: folder })).toMatchObject({ exitCode: 0 });
  images.unshift(image);
  const { id, address, run } = await start(image, [bind(dataFolder(), "/srv/projects/guestbook/data")]);
  const page = async () => (await fetch(`http://${address}/`)).text();
  await soon(async () => expect(await page()).toContain("Nobody has written yet."));
  const sign = (name: string) =>
    fetch(`http://${address}/`, { method: "POST", body: new URLSearchParams({ name, message: `by ${name}` }) });
  expect((await sign("Ann")).status).toBe(200);
  expect(await page()).toContain("by Ann");
  await soon(async () => {
    const { stdout } = await run("circusctl status");
    expect(stdout.split("\n").sort()).toEqual([
      "cron: active",
      "fcgiwrap: active",
      "nginx: active",
      "ssh-host-keys: stopped",
      "sshd: active",
    ]);
  });
  // A visitor meanwhile waits for the next process on the same socket.
  await run("kill -9 $(pgrep -x fcgiwrap)");
  expect((await sign("Bob")).status).toBe(200);
  expect(await page()).toContain("by Bob");

  await run("logrotate --force /etc/logrotate.conf");
  expect((await run("cat /var/log/slipway/nginx.log.1")).stdout).toContain('"POST / HTTP/1.1" 303');
  await page();
  await soon(async () =>
    expect((await run("cat /var/log/slipway/nginx.log")).stdout).toContain('"GET / HTTP/1.1" 200'),
  );
  await stopContainer(engine, id);
  expect((await inspectContainer(engine, id))!.state.exitCode).toBe(0);
});

describe("slipway new", () => {
  let image: string;
  let project: string;

  beforeAll(async () => {
    const made = await runProgram(["new", "shop"], { cwd: folder });
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    project = join(folder, "shop");
    image = `${uniqueName("shop")}:1`;
    const built = await runProgram(["build", "--build-arg", `BASE=${base}`, "-q", "-t", image, "shop"], {
      cwd: folder,
    });
    expect(built).toMatchObject({ exitCode: 0 });
    images.unshift(image);
  }, 600_000);

  test("never overwrites", async () => {
    const again = await runProgram(["new", "shop"], { cwd: folder });
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("is there already");
    expect((await runProgram(["new", "Shop!"], { cwd: folder })).exitCode).toBe(2);
    expect(existsSync(join(folder, "Shop!"))).toBe(false);
  });

  test("makes a project that serves its page at once, and takes its configuration", async () => {
    const page = readFileSync(join(project, "htdocs/index.html"), "utf8");
    const { address } = await start(image);
    expect(await soon(async () => (await fetch(`http://${address}/`)).text())).toBe(page);
    const other = await start(image, [], ["HTTP_PORT=8081"]);
    expect(await soon(async () => (await fetch(`http://${other.address}:8081/`)).text())).toBe(page);
  });

  test.skipIf(userInfo().uid !== 0)(
    "people inside and outside work on the same files and commit to the same repository",
    { timeout: 300_000 },
    async () => {
      execFileSync("git", ["init", "-q", "-b", "main", project]);
      const mounts = [bind(project, "/srv/projects/shop/project"), bind(dataFolder(), "/srv/projects/shop/data")];
      const { run } = await start(image, mounts, ["SLIPWAY_DEVELOPMENT=1"]);
      await soon(async () => expect((await run("useradd -u 30001 -G editor inside")).exitCode).toBe(0));

      const identity = "-c user.name=x -c user.email=x@example.org";
      /** One of two people on this machine, who have no name in the container. */
      const outside = async (uid: number, script: string) => {
        const words = [`--reuid=${uid}`, `--regid=${uid}`, `--groups=${GID}`, "sh", "-c", `umask 002; ${script}`];
        const { exitCode, stderr } = await execa("setpriv", words, {
          ...{ cwd: project, reject: false, extendEnv: false },
          env: { PATH: process.env.PATH!, HOME: "/nonexistent", GIT: `git -c safe.directory=* ${identity}` },
        });
        return { exitCode, stderr };
      };
      const inside = async (user: string, script: string) => {
        const command = `cd /srv/projects/shop/project && GIT='git ${identity}' HOME=/tmp setpriv --reuid=${user} --regid=${user} --init-groups sh -c '${script}'`;
        const { exitCode, stderr } = await run(command);
        return { exitCode, stderr };
      };
      const fine = { exitCode: 0, stderr: "" };
      const commit = (name: string) =>
        `echo ${name} >>shared && mkdir -p d/${name} && echo ${name} >d/${name}/file && echo ${name} >htdocs/${name}.html && $GIT add -A && $GIT commit -qm ${name}`;
      const sides = [
        (script: string) => outside(20001, script),
        (script: string) => inside("root", script),
        (script: string) => inside("inside", script),
        (script: string) => outside(20002, script),
      ];
      for (let round = 0; round < 3; round++)
        for (const [at, side] of sides.entries()) expect(await side(commit(`r${round}s${at}`))).toEqual(fine);
      // Each changes and removes what another one made.
      for (const [at, side] of sides.entries()) {
        const other = (at + 1) % sides.length;
        const script = `echo more >>d/r0s${other}/file && rm -r d/r1s${other} && mv d/r2s${other} d/moved${at} && $GIT add -A && $GIT commit -qm s${at}`;
        expect(await side(script)).toEqual(fine);
      }
      // What is served: read by nginx's own user, written by members only.
      expect(await inside("www-data", "cat htdocs/index.html >/dev/null && ! touch htdocs/x 2>/dev/null")).toEqual(
        fine,
      );
      // The umask of somebody who never read the manual.
      expect(await outside(20001, "umask 077; echo x >private; mkdir -p deep/er; echo x >deep/er/file")).toEqual(fine);
      await soon(async () => expect(await inside("inside", "echo y >>private && echo y >>deep/er/file")).toEqual(fine));
      expect((await runProgram(["editor", "check", project], { cwd: folder })).stdout).toBe("");
    },
  );
});
