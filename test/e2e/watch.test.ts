import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program, slipway } from "./program.ts";
import { startInTerminal, type TypedProgram } from "./terminal.ts";

let root: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-watch-"));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const server = `FROM debian:bookworm
COPY app/ /app/
RUN sh -n /app/run.sh
CMD ["sh", "/app/run.sh"]
`;
const prompt = /\(slipway\) $/;

interface Project {
  readonly folder: string;
  readonly env: Record<string, string>;
  save(path: string, text: string): Promise<void>;
}

async function project(dockerfile: string, files: Readonly<Record<string, string>> = {}): Promise<Project> {
  const folder = join(root, `project-${++count}`);
  await mkdir(folder);
  // As editors save: a new file takes the place of the old one.
  const save = async (path: string, text: string) => {
    await writeFile(join(folder, `${path}~`), text);
    await rename(join(folder, `${path}~`), join(folder, path));
  };
  await save("Dockerfile", dockerfile);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await save(path, text);
  }
  return { folder, env: { XDG_STATE_HOME: join(root, `state-${count}`) }, save };
}

function open({ folder, env }: Project, words: readonly string[] = [], extra: Record<string, string> = {}) {
  return startInTerminal(["hack", folder, ...words], { cwd: folder, env: { ...env, ...extra } });
}

async function leave(terminal: TypedProgram, answer?: string): Promise<void> {
  terminal.type("quit --rm\r");
  if (answer !== undefined) {
    await terminal.expect(/\[y\/N\] $/);
    terminal.type(`${answer}\r`);
  }
  await terminal.expect(/The session is removed\.\n/);
  expect(await terminal.exited).toBe(0);
}

describe("hack --watch", () => {
  test("save, and see it; a failure waits for the next save; Ctrl-C leads to the prompt", async () => {
    const at = await project(server, { "app/run.sh": "echo serving one; sleep 1000\n" });
    using terminal = open(at, ["--watch", "--launch"]);
    await terminal.expect(/serving one\n[\s\S]*up to date in .*: steps 1-4; sh \/app\/run\.sh runs at \d+\./);
    await terminal.expect(/watching 2 folders; Ctrl-C leaves\n/);
    await at.save("app/run.sh", "echo serving two; sleep 1000\n");
    const round = await terminal.expect(/up to date in .*: steps 2-4; sh \/app\/run\.sh runs/);
    expect(round).toMatch(/changed: app\/run\.sh\n[\s\S]*\[2\/4\] COPY app\/ \/app\/[\s\S]*serving two\n/);
    expect(round).not.toContain("[1/4]");
    await at.save("app/run.sh", "if broken\n");
    await terminal.expect(/\[3\/4\] failed with exit code 2[\s\S]*waiting for the next save\n/);
    await at.save("app/run.sh", "echo serving three; sleep 1000\n");
    await terminal.expect(/serving three\n[\s\S]*up to date/);
    terminal.type("\u0003");
    await terminal.expect(prompt);
    terminal.type("status\r");
    expect(await terminal.expect(prompt)).toMatch(/application +sh \/app\/run\.sh\n/);
    await leave(terminal);
  });

  test("--json tells each replay, reads no standard input, and ends with SIGTERM", async () => {
    const at = await project(server, { "app/run.sh": "sleep 1000\n" });
    const child = spawn(process.execPath, [program, "hack", at.folder, "--watch", "--json", "--rm"], {
      env: { ...process.env, ...at.env },
    });
    const exited = new Promise((resolve) => child.once("close", resolve));
    const types: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      types.push(event.type);
      if (event.type === "watching") await at.save("app/run.sh", "sleep 2000\n");
      if (event.type === "files-changed") expect(event.paths).toEqual(["app/run.sh"]);
      if (event.type === "replayed" && types.includes("watching")) {
        expect(event).toMatchObject({ ran: [2, 3, 4], reason: "end" });
        child.kill("SIGTERM");
      }
    }
    expect(await exited).toBe(130);
    expect(types.at(-1)).toBe("closed");
  });

  // The limit of a user namespace of its own, which some systems forbid.
  const limited = (watches: number) =>
    [
      "unshare",
      ["-Ur", "sh", "-c", `echo ${watches} > /proc/sys/user/max_inotify_watches && exec "$@"`, "sh"],
    ] as const;
  const canLimit = spawnSync(limited(5)[0], [...limited(5)[1], "true"]).status === 0;

  test.runIf(canLimit)("where the system's limit is reached, files are looked at every few seconds", async () => {
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`app/${index}/file`, "1\n"]));
    const at = await project("FROM debian:bookworm\nCOPY app/ /app/\n", files);
    const [unshare, words] = limited(5);
    const child = spawn(
      unshare,
      [...words, process.execPath, program, "hack", at.folder, "--watch", "--json", "--rm"],
      {
        env: { ...process.env, ...at.env },
      },
    );
    const exited = new Promise((resolve) => child.once("close", resolve));
    const events: { type: string; message?: string; folders?: number; paths?: string[] }[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      events.push(event);
      if (event.type === "watching") await at.save("app/7/file", "22\n");
      if (event.type === "files-changed") child.kill("SIGTERM");
    }
    await exited;
    expect(events).toContainEqual(
      expect.objectContaining({ type: "notice", message: expect.stringContaining("fs.inotify.max_user_watches") }),
    );
    expect(events.find(({ type }) => type === "watching")?.folders).toBe(0);
    expect(events.find(({ type }) => type === "files-changed")?.paths).toEqual(["app/7/file"]);
  });

  test("--launch without it is refused", async () => {
    const at = await project(server);
    const ran = await slipway(["hack", at.folder, "--launch"], { env: at.env });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toContain("--launch belongs to --watch");
  });

  test("watch --once passes the exit code of the step that failed", async () => {
    const at = await project("FROM debian:bookworm\nCOPY app/code /code\nRUN exit $(cat /code)\n", {
      "app/code": "0\n",
    });
    const child = spawn(process.execPath, [program, "hack", at.folder, "--rm"], { env: { ...process.env, ...at.env } });
    const exited = new Promise((resolve) => child.once("close", resolve));
    child.stdin.end("watch --once\n");
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("watching")) await at.save("app/code", "6\n");
    }
    expect(await exited).toBe(6);
  });
});

describe("a Dockerfile that is saved elsewhere", () => {
  const two = "FROM debian:bookworm\nRUN echo a > /a\nRUN echo b > /b\n";

  test("is taken over above the line that is being typed", async () => {
    const at = await project(two);
    using terminal = open(at);
    await terminal.expect(prompt);
    terminal.type("!echo ha");
    await terminal.expect(/!echo ha$/);
    await at.save("Dockerfile", two.replace("RUN echo b", "RUN echo bb"));
    await terminal.expect(/The Dockerfile changed on disk, taken over: step 3\n\(slipway\) !echo ha$/);
    terminal.type("lf\r");
    await terminal.expect(/half\n\(slipway\) $/);
    await leave(terminal);
  });

  test("is merged in an editor where both changed the same", async () => {
    const at = await project(two);
    const editor = join(at.folder, "editor.sh");
    await writeFile(editor, "#!/bin/sh\nsed -i -e '/^<<<<<<</d' -e '/^=======/,/^>>>>>>>/d' \"$1\"\n", { mode: 0o755 });
    using terminal = open(at, [], { EDITOR: editor, VISUAL: "" });
    await terminal.expect(prompt);
    terminal.type("replace 3 RUN echo mine > /b\r");
    await terminal.expect(prompt);
    await at.save("Dockerfile", two.replace("echo b", "echo theirs"));
    await terminal.expect(/line 3 here, line 3 there[\s\S]*hint: `merge`[\s\S]*\(slipway\) $/);
    terminal.type("write\r");
    expect(await terminal.expect(prompt)).toContain("nothing is written");
    terminal.type("merge\r");
    await terminal.expect(prompt);
    terminal.type("write\r");
    expect(await terminal.expect(prompt)).toContain("+RUN echo mine > /b\n");
    expect(await readFile(join(at.folder, "Dockerfile"), "utf8")).toBe(two.replace("echo b", "echo mine"));
    await leave(terminal);
  });

  test("is merged by a script's choice", async () => {
    const at = await project(two);
    const child = spawn(process.execPath, [program, "hack", at.folder, "--rm", "--keep-going"], {
      env: { ...process.env, ...at.env },
    });
    const exited = new Promise((resolve) => child.once("close", resolve));
    child.stdin.write("replace 3 RUN echo mine > /b\n");
    let stdout = "";
    for await (const line of createInterface({ input: child.stdout })) {
      stdout += `${line}\n`;
      if (!line.startsWith("The session's Dockerfile changed")) continue;
      await at.save("Dockerfile", two.replace("echo b", "echo theirs"));
      child.stdin.end("write\nmerge\nmerge --theirs\nmerge --ours\nlist\n");
    }
    expect(await exited).toBe(1);
    expect(stdout).toContain("RUN echo theirs > /b");
    expect(await readFile(join(at.folder, "Dockerfile"), "utf8")).toBe(two.replace("echo b", "echo theirs"));
  });
});
