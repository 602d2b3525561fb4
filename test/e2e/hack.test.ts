import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listContainers } from "../../src/engine/containers.ts";
import { inspectImage, removeImage } from "../../src/engine/images.ts";
import { testEngine, uniqueName } from "../engine/fixture.ts";
import { program, type Ran, slipway } from "./program.ts";
import { startInTerminal } from "./terminal.ts";

const engine = testEngine();
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-hack-"));
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await engine[Symbol.asyncDispose]();
});

const broken = `FROM debian:bookworm
# The folder of the application.
WORKDIR /srv
ENV GREETING=hello
RUN echo $GREETING > a.txt && echo made a
RUN test -e b.txt || { echo no b >&2; exit 3; }
CMD ["sleep", "1000"]
`;

interface Project {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly session: string;
}

/** A project with a state folder of its own, so that its sessions are known to be its own. */
async function project(dockerfile: string): Promise<Project> {
  const session = randomBytes(4).toString("hex");
  const folder = join(root, session);
  await mkdir(folder);
  await writeFile(join(folder, "Dockerfile"), dockerfile);
  return { folder, session, env: { XDG_STATE_HOME: join(root, `${session}-state`) } };
}

function script({ folder, env }: Project, lines: string, ...words: string[]): Promise<Ran> {
  return slipway(["hack", folder, "--rm", ...words], { input: lines, env });
}

describe("scripts", () => {
  test("run steps, tag, and leave nothing but the image", async () => {
    const tag = uniqueName("hack");
    const ran = await script(
      await project(broken.replace("exit 3", "touch b.txt")),
      `# all\ncontinue\n\ntag ${tag}\nquit --rm\n`,
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain("RUN echo $GREETING > a.txt && echo made a\nmade a\n");
    expect(ran.stdout).toMatch(/tagged slipway-test-hack-\w+ \(\w{12}\)\nThe session is removed\.\n$/);
    const image = await inspectImage(engine, tag);
    expect(image?.config).toMatchObject({ cmd: ["sleep", "1000"], workingDir: "/srv" });
    await removeImage(engine, tag, { force: false });
    const session = /Session (\w+):/.exec(ran.stdout)![1]!;
    const left = await listContainers(engine, { all: true });
    expect(left.filter(({ labels }) => Object.values(labels).includes(session))).toEqual([]);
  });

  test("stop at the first failure with its exit code, and say where", async () => {
    const ran = await script(await project(broken), "next\ncontinue\nrun echo not reached\n");
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toContain("no b\n[5/6] failed with exit code 3");
    expect(ran.stdout).not.toContain("not reached");
    expect(ran.stderr).toBe("slipway: <stdin>:2: continue: failed with exit code 3\n");
  });

  test("--keep-going runs on, and keeps the first failure's exit code", async () => {
    const ran = await script(await project(broken), "run exit 7\nfrobnicate\nrun echo reached\n", "--keep-going");
    expect(ran.exitCode).toBe(7);
    expect(ran.stdout).toContain("! echo reached\nreached\n");
    expect(ran.stderr).toBe(
      'slipway: <stdin>:1: run exit 7: failed with exit code 7\nslipway: <stdin>:2: there is no command "frobnicate"\nhint: `help` lists the commands\n',
    );
  });

  test("come from files, with heredocs and continuations", async () => {
    const at = await project(broken);
    const file = join(at.folder, "edit.slip");
    await writeFile(
      file,
      "insert 4 COPY <<EOF /srv/b.txt\nline one\n  line two\nEOF\nreplace 5 RUN echo $GREETING \\\n  > a.txt\nremove 3\nuntil 4\nrun cat b.txt\nwrite\n",
    );
    const ran = await slipway(["hack", at.folder, "--rm", "--script", file], { env: at.env });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain("line one\n  line two\n");
    expect(ran.stdout).toContain("+COPY <<EOF /srv/b.txt\n");
    expect(await readFile(join(at.folder, "Dockerfile"), "utf8")).toBe(
      broken
        .replace("ENV GREETING=hello\n", "")
        .replace(
          "RUN echo $GREETING > a.txt && echo made a",
          "COPY <<EOF /srv/b.txt\nline one\n  line two\nEOF\nRUN echo $GREETING \\\n  > a.txt",
        ),
    );
  });

  test("adopt what was done by hand, and write it", async () => {
    const at = await project(broken);
    const ran = await script(
      at,
      "continue\nrun touch b.txt\nrun cat nothing\nadopt\ncontinue\nwrite\n",
      "--keep-going",
    );
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toMatch(/All steps are done\.\n--- a\/.*\n\+\+\+ b\/.*\n@@ .*\n/);
    expect(await readFile(join(at.folder, "Dockerfile"), "utf8")).toBe(
      broken.replace("RUN test", "RUN touch b.txt\nRUN test"),
    );
  });

  test.each([
    ["shell", "shell needs a terminal", "use `run COMMAND` in scripts and pipes"],
    ["edit", "edit needs a terminal", "use `insert`, `replace` and `remove` in scripts and pipes"],
    ["next x", '"x" is not a number', "usage: next [N]"],
    ["until", "until needs a step's number", "usage: until N"],
    ["break", undefined, undefined],
    ["quit --force", "quit does not know --force", undefined],
    ["remove 70", "there is no step 70", undefined],
    ["insert 70 RUN x", "there is no step 70", "7 inserts at the end"],
    ["status now", "status takes no arguments", undefined],
    ["adopt", "there is no hand edit to adopt", undefined],
    ["replace 2 RNU x", undefined, undefined],
  ])("%s", async (line, message, hint) => {
    const ran = await script(await project(broken), `${line}\n`);
    if (line === "break") return expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.exitCode).toBe(line === "adopt" || line.startsWith("replace") ? 1 : 2);
    expect(ran.stderr).toContain(`slipway: <stdin>:1: ${message ?? ""}`);
    if (hint !== undefined) expect(ran.stderr).toContain(`hint: ${hint}\n`);
  });

  test("a hand edit stays as long as not all of it is adopted", async () => {
    const at = await project("FROM debian:bookworm\nRUN true\n");
    const ran = await script(
      at,
      "continue\nrun mkdir /etc/app; echo a > /etc/app/a; rm /etc/motd\nadopt --file /etc/app/a\nlist\nstatus\n",
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain("COPY rootfs/etc/app/a /etc/app/a\n");
    expect(ran.stdout).toContain("hand edits   1\n");
    expect(await readFile(join(at.folder, "rootfs/etc/app/a"), "utf8")).toBe("a\n");
  });

  test("Ctrl-C ends what runs, and the script with 130; --rm holds", async () => {
    const at = await project(broken);
    const child = spawn(process.execPath, [program, "hack", at.folder, "--rm"], { env: { ...process.env, ...at.env } });
    const exited = new Promise((resolve) => child.once("close", resolve));
    let stdout = "";
    let interrupted = false;
    child.stdout.on("data", (data) => {
      stdout += data;
      if (interrupted || !/^up$/m.test(stdout)) return;
      interrupted = true;
      child.kill("SIGINT");
    });
    child.stdin.write("run echo up; sleep 1000\nrun echo not reached\n");
    expect(await exited).toBe(130);
    expect(stdout).toMatch(/up\n[\s\S]*The session is removed\.\n$/);
    expect(stdout).not.toContain("not reached");
  });

  test("--to, --run-arg and --compose", async () => {
    const at = await project(broken);
    await writeFile(
      join(at.folder, "compose.yaml"),
      "services: {web: {environment: {FROM_COMPOSE: here, BOTH: compose}, volumes: ['.:/mnt:ro']}}\n",
    );
    const ran = await script(
      at,
      "run echo $FROM_COMPOSE $BOTH $ARG; ls /mnt\n",
      "--to",
      "4",
      "--compose",
      join(at.folder, "compose.yaml"),
      "--run-arg",
      "-e 'ARG=a b' -e BOTH=argument",
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain("[4/6] done");
    expect(ran.stdout).toContain("\nhere argument a b\nDockerfile\ncompose.yaml\n");
  });
});

describe("--json", () => {
  test("prints events and nothing else", async () => {
    const ran = await script(await project(broken), "list\ncontinue\nrun printf '\\377'\n", "--json", "--keep-going");
    expect(ran).toMatchObject({ exitCode: 3, stderr: "" });
    const events = ran.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: "version", version: 1 });
    expect(events[1]).toMatchObject({ type: "opened", resumed: false });
    expect(events[2]).toEqual({ type: "command", source: "<stdin>", line: 1, text: "list" });
    expect(events[3].steps).toHaveLength(6);
    expect(events).toContainEqual({ type: "output", of: 4, hand: false, stream: "stdout", text: "made a\n" });
    expect(events).toContainEqual({ type: "output", of: 5, hand: false, stream: "stderr", text: "no b\n" });
    expect(events).toContainEqual({ type: "stopped", reason: "failure", step: 5 });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "error", line: 2, code: "COMMAND_FAILED", exitCode: 3 }),
    );
    expect(events).toContainEqual(expect.objectContaining({ type: "output", hand: true, base64: "/w==" }));
    expect(events.at(-1)).toEqual({ type: "closed", removed: true });
  });

  test("an error before the session is one object on standard error", async () => {
    const { exitCode, stdout, stderr } = await slipway(["hack", root, "--json", "--host", "unix:///nowhere.sock"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ type: "error", exitCode: 125 });
  });
});

describe("wrong usage", () => {
  test.each([
    [["--service", "web"], "--service needs the compose file that has it"],
    [["--script", "/nowhere.slip"], "cannot read the script"],
    [["--to", "x"], '"x" is not a number'],
    [["--no-cache-filter", "x"], "--no-cache-filter has no meaning for a session"],
    [["--run-arg", "--privileged"], "--privileged is not understood"],
    [["-t", "a", "-t", "b"], "a session takes one --tag"],
    [["--resume", "--from", "x"], "--from belongs to the beginning of a session"],
    [["--resume"], "there is no session of "],
    [["--platform", "linux/none/of/this"], "--platform"],
  ])("%j", async (words, message) => {
    const { folder, env } = await project(broken);
    const ran = await slipway(["hack", folder, ...words], { env });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toContain(`slipway: ${message}`);
  });

  test("a folder without a Dockerfile", async () => {
    const ran = await slipway(["hack", root]);
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^slipway: there is no Dockerfile .*\nhint: /);
  });

  test("a Dockerfile with mistakes", async () => {
    const ran = await script(await project("FROM debian:bookworm\nRNU x\nCOPY a\n"), "");
    expect(ran).toMatchObject({ exitCode: 1, stdout: "" });
    expect(ran.stderr).toContain("RNU");
    expect(ran.stderr).toContain("COPY");
  });
});

describe("at a terminal", () => {
  const prompt = /\(slipway\) $/;

  async function open(dockerfile: string, words: readonly string[] = [], extra: Record<string, string> = {}) {
    const at = await project(dockerfile);
    const terminal = startInTerminal(["hack", at.folder, ...words], { cwd: at.folder, env: { ...at.env, ...extra } });
    await terminal.expect(prompt);
    const enter = (line: string) => {
      terminal.type(`${line}\r`);
      return terminal.expect(prompt);
    };
    return { ...at, terminal, enter, [Symbol.dispose]: () => terminal[Symbol.dispose]() };
  }

  async function leave({ terminal }: Awaited<ReturnType<typeof open>>, answer?: string) {
    terminal.type("quit --rm\r");
    if (answer !== undefined) {
      await terminal.expect(/\[y\/N\] $/);
      terminal.type(`${answer}\r`);
    }
    await terminal.expect(/The session is removed\.\n/);
    expect(await terminal.exited).toBe(0);
  }

  test("next, an empty line, run, adopt, write", async () => {
    using session = await open(broken);
    const { enter, terminal, folder } = session;
    expect(await enter("next")).toMatch(/\[1\/6\] FROM debian:bookworm {2}.*\n=> \[2\/6\] WORKDIR \/srv\n/);
    expect(await enter("")).toContain("=> [3/6] ENV GREETING=hello\n");
    expect(await enter("c")).toMatch(
      /made a\n(?:checkpoint .*\n)?\[4\/6\] done.*\n[\s\S]*no b\n\[5\/6\] failed with exit code 3/,
    );
    expect(await enter("!touch b.txt")).toContain("1 file changed\n");
    terminal.type("adopt\r");
    expect(await terminal.expect(/adopt> $/)).toMatch(
      /Commands by hand\n {2}1 {3}touch b\.txt .*1 file\n[\s\S]*Enter alone takes: 1\n/,
    );
    terminal.type("7\r");
    expect(await terminal.expect(/adopt> $/)).toContain('there is no hand edit "7" to adopt');
    terminal.type("\r");
    expect(await terminal.expect(prompt)).toContain("The session's Dockerfile changed");
    expect(await enter("continue")).toContain("All steps are done.\n");
    expect(await enter("write")).toContain("+RUN touch b.txt\n");
    const written = await readFile(join(folder, "Dockerfile"), "utf8");
    expect(written).toBe(broken.replace("RUN test", "RUN touch b.txt\nRUN test"));
    await leave(session);
  });

  test("Ctrl-C interrupts the step, not the session", async () => {
    using session = await open("FROM debian:bookworm\nRUN echo begun; sleep 1000\n");
    session.terminal.type("continue\r");
    await session.terminal.expect(/begun\n/);
    session.terminal.type("\u0003");
    expect(await session.terminal.expect(prompt)).toContain("interrupted at step 2");
    expect(await session.enter("!echo still here")).toContain("still here\n");
    session.terminal.type("half a li\u0003");
    await session.terminal.expect(/half a li\^C\n\(slipway\) $/);
    await leave(session);
  });

  test("lines typed while a step runs, or pasted at once, are read one by one", async () => {
    using session = await open("FROM debian:bookworm\nRUN sleep 1; echo slept\nRUN echo last\n");
    const { terminal } = session;
    terminal.type("next 2\r");
    await terminal.expect(/RUN sleep 1/);
    terminal.type("!echo ahead\r");
    await terminal.expect(/slept\n[\s\S]*ahead\n\(slipway\) $/);
    terminal.type("!echo one\r!echo two\r!echo three\r!echo un");
    await terminal.expect(/one\n[\s\S]*\ntwo\n[\s\S]*\nthree\n[\s\S]*\(slipway\) !echo un$/);
    terminal.type("finished\r");
    await terminal.expect(/\nunfinished\n\(slipway\) $/);
    await leave(session);
  });

  test.each(["SIGTERM", "SIGHUP"])("%s leaves, and the session stays", async (signal) => {
    using session = await open(broken, ["--rm"]);
    await session.enter("next");
    session.terminal.kill(signal);
    await session.terminal.expect(/The session stays/);
    expect(await session.terminal.exited).toBe(130);
    const ran = await slipway(["hack", session.folder, "--resume", "--rm"], { input: "list\n", env: session.env });
    expect(ran.stdout).toMatch(/^ +1 {3}done .*\n =>/m);
  });

  test("Tab completes commands, steps and instructions", async () => {
    using session = await open(broken);
    const { terminal } = session;
    // A tab that comes with other keys is taken for a pasted one.
    terminal.type("unt");
    terminal.type("\t");
    await terminal.expect(/until $/);
    terminal.type("\u0015insert 2 work");
    await terminal.expect(/work$/);
    terminal.type("\t");
    await terminal.expect(/WORKDIR $/);
    terminal.type("\u0015\r");
    await terminal.expect(prompt);
    await leave(session);
  });

  test("shell is a terminal in the container", async () => {
    using session = await open(broken);
    const { terminal, enter } = session;
    await enter("until 3");
    terminal.type("shell\r");
    await terminal.expect(/# $/);
    terminal.type("stty size; test -t 0 && echo a-$((40+2))-tty; echo x > made\r");
    expect(await terminal.expect(/a-42-tty\n[\s\S]*# $/)).toContain("30 100\n");
    terminal.type("\u0004");
    expect(await terminal.expect(prompt)).toContain("1 file changed by 1 command\n");
    expect(await enter("diff")).toContain("A /srv/made  2B\n");
    await leave(session, "y");
  });

  test("edit opens the editor on the session's Dockerfile, and again after a mistake", async () => {
    using session = await open(broken, [], { VISUAL: "", EDITOR: "sed -i -e s/RUN.test/RNU.test/ -e s/hello/ahoy/" });
    const { terminal, enter } = session;
    terminal.type("edit\r");
    expect(await terminal.expect(/Edit again\? \[Y\/n\] $/)).toContain("RNU");
    terminal.type("n\r");
    expect(await terminal.expect(prompt)).toContain("The Dockerfile is as it was.\n");
    expect(await enter("list")).toContain("ENV GREETING=hello");
    await leave(session);
  });

  test("Ctrl-D leaves the session for --resume", async () => {
    using session = await open(broken);
    const { terminal, enter, folder, env } = session;
    await enter("until 4");
    await enter("!touch b.txt");
    terminal.type("\u0004");
    await terminal.expect(/The session stays: slipway hack --resume \w+\n/);
    expect(await terminal.exited).toBe(0);
    using again = startInTerminal(["hack", "--resume"], { cwd: folder, env });
    expect(await again.expect(prompt)).toContain("taken up again");
    again.type("list\r");
    expect(await again.expect(prompt)).toMatch(/ 4 {3}done .*\n => {3}5 {3}pending/);
    again.type("!ls\r");
    expect(await again.expect(prompt)).toContain("a.txt\nb.txt\n");
    again.type("\u001b[A\u001b[A\u001b[A\r");
    expect(await again.expect(prompt)).toContain("!touch b.txt");
    again.type("quit --rm\r");
    await again.expect(/\[y\/N\] $/);
    again.type("n\r");
    await again.expect(prompt);
    again.type("quit --rm\r");
    await again.expect(/\[y\/N\] $/);
    again.type("y\r");
    await again.expect(/The session is removed\.\n/);
  });
});
