import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { program, slipway } from "./program.ts";

const GID = 65753;
const base = mkdtempSync(join(tmpdir(), "slipway-editor-"));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true }));

let project: string;
let count = 0;
beforeEach(() => {
  project = join(base, `project-${count++}`);
  mkdirSync(project);
});

function file(path: string, mode: number, text = "x"): void {
  mkdirSync(join(project, path, ".."), { recursive: true });
  writeFileSync(join(project, path), text);
  chmodSync(join(project, path), mode);
}
const modeOf = (path: string) => (lstatSync(join(project, path)).mode & 0o7777).toString(8);

/** Runs as somebody else, who is a member of the editor group only by its number. */
function as(uid: number, groups: readonly number[], command: string) {
  const ids = [
    `--reuid=${uid}`,
    `--regid=${uid}`,
    groups.length > 0 ? `--groups=${groups.join(",")}` : "--clear-groups",
  ];
  return spawnSync("setpriv", [...ids, "sh", "-c", command], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, HOME: "/nonexistent" },
  });
}

describe.skipIf(userInfo().uid !== 0)("as root", () => {
  test("what a member can't do is told, then mended, and then nothing is left to tell", async () => {
    file("a", 0o644);
    file("bin/run", 0o755);
    expect(as(20001, [GID], "echo more >>a").status).not.toBe(0);
    const before = await slipway(["editor", "check", "--format", "{{.Path}} {{.Mode}} {{.Wanted}}", project]);
    expect(before.exitCode).toBe(1);
    expect(before.stdout.trim().split("\n").sort()).toEqual([
      `${project} drwxr-xr-x drwxrwsr-x`,
      `${project}/a -rw-r--r-- -rw-rw-r--`,
      `${project}/bin drwxr-xr-x drwxrwsr-x`,
      `${project}/bin/run -rwxr-xr-x -rwxrwxr-x`,
    ]);
    const dry = await slipway(["editor", "fix", "--dry-run", "-q", project]);
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout.trim().split("\n")).toHaveLength(4);
    expect(modeOf("a")).toBe("644");

    expect((await slipway(["editor", "fix", project])).exitCode).toBe(0);
    expect(as(20001, [GID], "umask 002; echo more >>a && echo new >new && mkdir d && rm bin/run").status).toBe(0);
    expect(lstatSync(join(project, "new")).gid).toBe(GID);
    expect(as(20002, [GID], "echo more >>new && rm -r d a new").status).toBe(0);
    expect(as(20003, [], "echo no >x").status).not.toBe(0);
    const after = await slipway(["editor", "check", project]);
    expect(after).toMatchObject({ exitCode: 0, stdout: "", stderr: "all is as the policy says\n" });
  });

  test("the project's policy decides, also for a folder within", async () => {
    file("public/page", 0o600);
    file("vendor/lib", 0o664);
    file("config/token", 0o644);
    file("cache/x", 0o600);
    file(".slipway/editor", 0o644, "served /public/\nread-only /vendor/\nsecret /config/token\nexclude cache/\n");
    expect((await slipway(["editor", "fix", join(project, "public")])).exitCode).toBe(0);
    expect(modeOf("vendor/lib")).toBe("664");
    expect((await slipway(["editor", "fix", "."], { cwd: project })).exitCode).toBe(0);
    expect(["public", "public/page", "vendor/lib", "config/token", "cache", "cache/x"].map(modeOf)).toEqual([
      "2775",
      "664",
      "644",
      "600",
      "755",
      "600",
    ]);
    expect(as(20001, [GID], "echo more >>public/page").status).toBe(0);
    expect(as(20003, [], "cat public/page && ! echo no >>public/page && ! touch public/new").status).toBe(0);
    expect(as(20001, [GID], "! echo no >>vendor/lib && ! cat config/token").status).toBe(0);
  });

  test("a wrong policy is refused with all its mistakes", async () => {
    file(".slipway/editor", 0o644, "writes /\nserved\n");
    const { exitCode, stderr } = await slipway(["editor", "check", project]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${project}/.slipway/editor:1: "writes" is none of`);
    expect(stderr).toContain(`${project}/.slipway/editor:2: served wants a pattern`);
  });

  test("links are never followed, and files with names outside stay", async () => {
    const outside = join(base, `outside-${count}`);
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "x", { mode: 0o600 });
    symlinkSync(outside, join(project, "folder"));
    symlinkSync(join(outside, "secret"), join(project, "file"));
    linkSync(join(outside, "secret"), join(project, "linked"));
    file("both", 0o644);
    linkSync(join(project, "both"), join(project, "both-2"));
    const { exitCode, stdout } = await slipway([
      "editor",
      "fix",
      "--format",
      "{{.Kind}} {{.Path}} {{.Result}}",
      project,
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`linked ${project}/linked by hand only`);
    expect(lstatSync(join(outside, "secret"))).toMatchObject({ gid: 0, mode: 0o100600 });
    expect(lstatSync(outside).gid).toBe(0);
    expect(modeOf("both-2")).toBe("664");
  });

  test("a folder above that members can't pass is told", async () => {
    const home = join(project, "home");
    mkdirSync(join(home, "src"), { recursive: true });
    chmodSync(home, 0o700);
    const { stdout, exitCode } = await slipway([
      "editor",
      "check",
      "--format",
      "{{.Kind}} {{.Path}}",
      join(home, "src"),
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`parent ${home}\n`);
    chmodSync(home, 0o701);
    expect((await slipway(["editor", "check", "--format", "{{.Kind}}", join(home, "src")])).stdout).toBe("entry\n");
  });

  test("two members commit to one repository", async () => {
    execFileSync("git", ["init", "-q", project]);
    file("a", 0o644);
    const git = (name: string) => `git -c safe.directory='*' -c user.name=${name} -c user.email=${name}@example.org`;
    expect((await slipway(["editor", "fix", project])).exitCode).toBe(0);
    const commit = (uid: number, text: string) =>
      as(
        uid,
        [GID],
        `umask 002; echo ${text} >>a && rm -f gone && ${git(`u${uid}`)} add -A . && ${git(`u${uid}`)} commit -qm ${text}`,
      );
    for (const [uid, text] of [
      [20001, "one"],
      [20002, "two"],
      [20001, "three"],
      [20002, "four"],
    ] as const)
      expect(commit(uid, text)).toMatchObject({ status: 0, stderr: "" });
    expect((await slipway(["editor", "check", join(project, ".git")])).stdout).toBe("");
  });

  test("who may not change files is told which these are", async () => {
    chmodSync(project, 0o755);
    file("of-root", 0o644);
    const { status, stdout } = as(
      20001,
      [],
      `${process.execPath} ${program} editor fix --format '{{.Path}}: {{.Result}}' ${project}`,
    );
    expect(status).toBe(1);
    expect(stdout).toContain(`${project}/of-root: only its owner or root may\n`);
  });

  test("names that are no UTF-8 are mended too", async () => {
    execFileSync("sh", ["-c", `printf x >"$(printf '${project}/\\377ä')"`]);
    expect((await slipway(["editor", "fix", project])).exitCode).toBe(0);
    expect((await slipway(["editor", "check", project])).exitCode).toBe(0);
  });

  describe("setup", () => {
    /** With an /etc of its own, a copy of this machine's. */
    function withOwnEtc(script: string) {
      const etc = join(project, `etc-${count++}`);
      const slipwayCommand = `${process.execPath} ${program}`;
      const text = `cp -a /etc ${etc} && mount --bind ${etc} /etc && groupdel editor 2>/dev/null; slipway() { ${slipwayCommand} "$@"; }\n${script}`;
      return spawnSync("unshare", ["--mount", "sh", "-c", text], { encoding: "utf8" });
    }

    test("makes the group and adds the user, once", () => {
      const { stdout } = withOwnEtc(
        "useradd joe; SUDO_USER=joe slipway editor setup; getent group 65753; SUDO_USER=joe slipway editor setup",
      );
      expect(stdout).toContain("joe is in the group editor now, gid 65753.\n");
      expect(stdout).toContain("newgrp editor");
      expect(stdout).toMatch(/^editor:x:65753:joe$/m);
      expect(stdout).toMatch(/^joe is in the group editor, gid 65753$/m);
    });

    test("takes another name where that one is taken, and says who has the gid", () => {
      const renamed = withOwnEtc("groupadd -g 64999 editor; slipway editor setup --user root; getent group 65753");
      expect(renamed.stderr).toContain("the name editor is taken by the group with gid 64999");
      expect(renamed.stdout).toMatch(/^slipway-editor:x:65753:root$/m);
      const taken = withOwnEtc("groupadd -g 65753 other; gpasswd -a root other; slipway editor setup; echo $?");
      expect(taken.stderr).toContain("gid 65753 is taken by the group other (members: root)");
      expect(taken.stdout).toMatch(/^1$/m);
    });

    test("prints what to type to somebody who is not root", () => {
      const { stdout, stderr, status } = withOwnEtc(
        `useradd -u 20007 joe; setpriv --reuid=20007 --clear-groups ${process.execPath} ${program} editor setup`,
      );
      expect(stdout).toBe("sudo groupadd --gid 65753 editor\nsudo gpasswd --add joe editor\n");
      expect(stderr).toContain("nothing was done");
      expect(status).toBe(1);
    });
  });
});

test("a path that is no folder is refused", async () => {
  const missing = await slipway(["editor", "check", join(base, "missing")]);
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toContain("can't be opened: ENOENT");
});
