import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const program = fileURLToPath(new URL(`../../dist/agent/slipway-init-linux-${architecture}`, import.meta.url));
const GID = 65753;
const base = mkdtempSync(join(tmpdir(), "slipway-permissions-"));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true }));

let project: string;
let count = 0;
let running: ChildProcess | undefined;
beforeEach(() => {
  project = join(base, `project-${count++}`);
  mkdirSync(project);
});
afterEach(async () => {
  if (running && running.exitCode === null && running.signalCode === null) {
    const ended = new Promise((resolve) => running!.once("exit", resolve));
    running.kill();
    await ended;
  }
  running = undefined;
});

function permissions(...words: string[]) {
  return spawnSync(program, ["permissions", ...words], { encoding: "utf8" });
}

/** Starts the watch, and waits until what is there is right. */
async function watch(...words: string[]): Promise<{ pid: number; output(): string }> {
  writeFileSync(join(project, "there"), "x", { mode: 0o600 });
  const child = spawn(program, ["permissions", "--watch", ...words, project], { stdio: ["ignore", "ignore", "pipe"] });
  running = child;
  let output = "";
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  await vi.waitFor(() => expect(stateOf("there")).toBe(`660 ${GID}`), { timeout: 10_000 });
  return { pid: child.pid!, output: () => output };
}

const stateOf = (path: string) => {
  const { mode, gid } = lstatSync(join(project, path));
  return `${(mode & 0o7777).toString(8)} ${gid}`;
};
const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

function as(uid: number, command: string) {
  const env = { PATH: process.env.PATH, HOME: "/nonexistent" };
  return spawnSync("setpriv", [`--reuid=${uid}`, `--regid=${uid}`, `--groups=${GID}`, "sh", "-c", command], {
    ...{ cwd: project, encoding: "utf8" as const, env },
  });
}

describe.skipIf(userInfo().uid !== 0)("as root", () => {
  test("a folder becomes what its policy says, once", () => {
    mkdirSync(join(project, ".slipway"));
    writeFileSync(join(project, ".slipway/editor"), "served /public/\nexclude /own\n");
    mkdirSync(join(project, "public"), { mode: 0o700 });
    writeFileSync(join(project, "public/page"), "x", { mode: 0o600 });
    writeFileSync(join(project, "own"), "x", { mode: 0o600 });
    symlinkSync("/etc", join(project, "link"));
    execFileSync("git", ["init", "-q", join(project, "public/repository")]);
    const first = permissions(project);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toMatch(/: \d+ made right\n$/);
    expect([stateOf("public"), stateOf("public/page"), stateOf("own")]).toEqual([`2775 ${GID}`, `664 ${GID}`, "600 0"]);
    const config = ["-C", join(project, "public/repository"), "config", "core.sharedRepository"];
    expect(execFileSync("git", ["-c", "safe.directory=*", ...config], { encoding: "utf8" })).toBe("group\n");
    expect(permissions(project).stdout).toBe(`${project}: all is right\n`);
    expect(lstatSync("/etc").gid).toBe(0);
  });

  test("a wrong policy or option changes nothing", () => {
    writeFileSync(join(project, "policy"), "served\n");
    const wrong = permissions("--policy", join(project, "policy"), project);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toBe(`permissions: ${project}/policy:1: served wants a pattern, such as / or /public/\n`);
    expect(permissions("--no-such", project).status).toBe(2);
    expect(stateOf("policy")).toBe("644 0");
    expect(permissions(join(project, "missing")).stderr).toContain("no such file or directory");
  });

  test("what is made, moved in and given other rights is kept right", async () => {
    await watch();
    writeFileSync(join(project, "file"), "x", { mode: 0o600 });
    mkdirSync(join(project, "a/b/c"), { recursive: true });
    writeFileSync(join(project, "a/b/c/deep"), "x", { mode: 0o600 });
    const outside = join(base, `outside-${count}`);
    mkdirSync(join(outside, "sub"), { recursive: true });
    writeFileSync(join(outside, "sub/moved"), "x", { mode: 0o700 });
    renameSync(outside, join(project, "in"));
    await soon(() => {
      expect(stateOf("file")).toBe(`660 ${GID}`);
      expect(stateOf("a/b/c")).toBe(`2775 ${GID}`);
      expect(stateOf("a/b/c/deep")).toBe(`660 ${GID}`);
      expect(stateOf("in/sub/moved")).toBe(`770 ${GID}`);
    });
    chmodSync(join(project, "file"), 0o644);
    renameSync(join(project, "a/b"), join(project, "b2"));
    await soon(() => expect(stateOf("file")).toBe(`664 ${GID}`));
    writeFileSync(join(project, "b2/c/later"), "x", { mode: 0o600 });
    await soon(() => expect(stateOf("b2/c/later")).toBe(`660 ${GID}`));
  });

  test("a folder that was moved out is left alone from then on", async () => {
    await watch();
    mkdirSync(join(project, "goes/sub"), { recursive: true });
    await soon(() => expect(stateOf("goes/sub")).toBe(`2775 ${GID}`));
    const outside = join(base, `gone-${count}`);
    renameSync(join(project, "goes"), outside);
    writeFileSync(join(outside, "sub/x"), "x", { mode: 0o600 });
    writeFileSync(join(project, "next"), "x", { mode: 0o600 });
    await soon(() => expect(stateOf("next")).toBe(`660 ${GID}`));
    expect(lstatSync(join(outside, "sub/x")).mode & 0o777).toBe(0o600);
  });

  test("a policy that changes holds at once; a wrong one is told and the old one stays", async () => {
    const { output } = await watch();
    writeFileSync(join(project, "page"), "x", { mode: 0o600 });
    mkdirSync(join(project, ".slipway"));
    writeFileSync(join(project, ".slipway/editor"), "served page\n");
    await soon(() => expect(stateOf("page")).toBe(`664 ${GID}`));
    writeFileSync(join(project, ".slipway/editor"), "serve page\n");
    await soon(() => expect(output()).toContain('editor:1: "serve" is none of'));
    chmodSync(join(project, "page"), 0o600);
    await soon(() => expect(stateOf("page")).toBe(`664 ${GID}`));
  });

  test("two people of different umasks commit to a repository that is made meanwhile", async () => {
    await watch();
    const git = "git -c safe.directory='*' -c user.name=x -c user.email=x@example.org";
    expect(as(20001, `umask 077; ${git} init -q r`).status).toBe(0);
    await soon(() =>
      expect(readFileSync(join(project, "r/.git/config"), "utf8")).toContain("sharedRepository = group"),
    );
    for (const [uid, text] of [
      [20001, "one"],
      [20002, "two"],
      [20001, "three"],
      [20002, "four"],
    ] as const) {
      const script = `umask 077; cd r && echo ${text} >>file && ${git} add -A && ${git} commit -qm ${text}`;
      expect(as(uid, script)).toMatchObject({ status: 0, stderr: "" });
      await soon(() =>
        expect([stateOf("r/file"), stateOf("r/.git/COMMIT_EDITMSG")]).toEqual([`660 ${GID}`, `660 ${GID}`]),
      );
    }
  });

  test("nothing wakes it while nothing happens", async () => {
    const { pid } = await watch();
    const switches = () => /^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1];
    // Its own changes are events too; then all is still.
    let before: string | undefined;
    for (let windows = 0; before !== switches(); windows++) {
      expect(windows).toBeLessThan(10);
      before = switches();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  });

  test("more folders than it may watch are told once, and all that is there is made right all the same", async () => {
    for (let at = 0; at < 20; at++) mkdirSync(join(project, `d${at}/sub`), { recursive: true });
    const { output } = await watch("--most", "10");
    await soon(() => expect(output()).toContain("more than 10 folders"));
    for (let at = 0; at < 20; at++) expect(stateOf(`d${at}/sub`)).toBe(`2775 ${GID}`);
    expect(output().match(/more than 10 folders/g)).toHaveLength(1);
  });

  test("watches that the kernel doesn't give any more are told, with what to do", async () => {
    for (let at = 0; at < 20; at++) mkdirSync(join(project, `d${at}/sub`), { recursive: true });
    const script = `echo 10 >/proc/sys/user/max_inotify_watches; exec ${program} permissions --watch ${project}`;
    const child = spawn("unshare", ["--user", "--map-root-user", "sh", "-c", script], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    running = child;
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    await soon(() => expect(output).toContain("the kernel gives no more watches (fs.inotify.max_user_watches is"));
    expect(output.match(/no more watches/g)).toHaveLength(1);
  });

  test("a flood of new files is kept right, also what the kernel's queue had no room for", async () => {
    await watch();
    const script = "umask 077; for d in $(seq 60); do mkdir -p f/$d; (cd f/$d; seq 400 | xargs touch); done";
    execFileSync("sh", ["-c", script], { cwd: project });
    await soon(() => {
      const wrong = execFileSync("find", [join(project, "f"), "!", "-perm", "-060"], { encoding: "utf8" });
      expect(wrong.split("\n").slice(0, 5)).toEqual([""]);
    });
  });
});
