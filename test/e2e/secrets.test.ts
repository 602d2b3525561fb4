import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formsOf } from "../../src/session/secrets/forms.ts";
import { program, slipway } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-secrets-"));
const state = join(folder, "state");
const context = join(folder, "context");
const image = `slipway-secrets-${randomBytes(4).toString("hex")}`;
const random = () => randomBytes(9).toString("hex");

/** Public, and in the image. */
const greeting = `hello-${random()}`;

const values = {
  /** A build argument out of the environment; URLs and base64 make something else of it. */
  API_TOKEN: `tok/+&"${random()}`,
  /** Typed in a command by hand: only there a process list shows it. */
  HAND_TOKEN: `typed-${random()}`,
  /** A secret with several lines. */
  certificate: `-----BEGIN ${random()}-----\n${random()}\n${random()}\n-----END-----\n`,
  /** A secret out of the environment. */
  DEPLOY_CREDENTIAL: `deploy-${random()}`,
};

const dockerfile = `FROM debian:bookworm
ARG API_TOKEN
ARG HAND_TOKEN
RUN echo "out $API_TOKEN" && echo "err $API_TOKEN" >&2 && printf %s "$API_TOKEN" | base64 && printf 'half %s' "\${API_TOKEN%??????}"; printf '%s\\n' "$API_TOKEN" | tail -c 7
RUN --mount=type=secret,id=certificate --mount=type=secret,id=deploy cat /run/secrets/certificate /run/secrets/deploy
RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo "agent there"
WORKDIR /srv
COPY greeting .
RUN echo "failing with $API_TOKEN"; exit 3
CMD ["cat", "greeting"]
`;

const agentSocket = join(folder, "agent.sock");
let agent: ChildProcessWithoutNullStreams | undefined;
let privateKey = "";

beforeAll(async () => {
  mkdirSync(context);
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  writeFileSync(join(context, "greeting"), `${greeting}\n`);
  writeFileSync(join(folder, "certificate"), values.certificate);
  agent = spawn("ssh-agent", ["-D", "-a", agentSocket]);
  await new Promise((resolve) => agent!.stdout.once("data", resolve));
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
  await execa("ssh-add", ["-q", join(folder, "key")], { env: { SSH_AUTH_SOCK: agentSocket } });
  privateKey = readFileSync(join(folder, "key"), "utf8");
});

afterAll(async () => {
  agent?.kill();
  await execa("docker", ["rmi", `${image}:one`, `${image}:two`], { reject: false });
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  API_TOKEN: values.API_TOKEN,
  HAND_TOKEN: values.HAND_TOKEN,
  DEPLOY_CREDENTIAL: values.DEPLOY_CREDENTIAL,
  XDG_STATE_HOME: state,
  SSH_AUTH_SOCK: agentSocket,
});

const options = [
  ...["--build-arg", "API_TOKEN", "--build-arg", "HAND_TOKEN"],
  ...["--secret", `id=certificate,src=${join(folder, "certificate")}`, "--secret", "id=deploy,env=DEPLOY_CREDENTIAL"],
  ...["--ssh", "default"],
];

/** What must be found nowhere, in any form in which programs print it. */
function formsOfAll(...names: (keyof typeof values)[]): readonly Buffer[] {
  const all = [...names.map((name) => values[name]), privateKey];
  const isOwn = (form: Buffer) => !/^-----(BEGIN|END) OPENSSH PRIVATE KEY-----$|^-----END-----$/.test(form.toString());
  return all.flatMap((value) => formsOf(Buffer.from(value))).filter(isOwn);
}

function findIn(bytes: Buffer, forms: readonly Buffer[]): readonly string[] {
  return forms.filter((form) => bytes.includes(form)).map(String);
}

/** As `findIn`, in all of an image's files: too much to be read here. */
async function findInLayers(name: string, forms: readonly Buffer[]): Promise<string> {
  const patterns = join(folder, "patterns");
  // What has several lines is looked for by each of them.
  writeFileSync(
    patterns,
    forms
      .map(String)
      .filter((form) => !form.includes("\n"))
      .join("\n"),
  );
  const { stdout } = await execa("sh", ["-c", `docker save ${name} | LC_ALL=C grep -aoF -f ${patterns}`], {
    reject: false,
  });
  return stdout;
}

/** Every process's command line, again and again until the returned function is called. */
function watchProcesses(forms: readonly Buffer[]): () => readonly string[] {
  const found = new Set<string>();
  const look = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`);
        if (findIn(line, forms).length > 0) found.add(line.toString().replaceAll("\0", " "));
      } catch {
        // It ended meanwhile.
      }
    }
  };
  const timer = setInterval(look, 100);
  return () => {
    clearInterval(timer);
    return [...found];
  };
}

/** A script that is written command by command, each after the event that the one before ends with. */
function startHack(words: readonly string[]) {
  const child = spawn(process.execPath, [program, "hack", ...words, "--json", "--keep-going", "--script", "-"], {
    env: { ...process.env, ...environment() },
    stdio: "pipe",
  });
  const printed: Buffer[] = [];
  let text = "";
  let wake = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      printed.push(data);
      text += data.toString();
      wake();
    });
  }
  return {
    child,
    printed: () => Buffer.concat(printed),
    /** Waits until what is printed from now on matches. */
    async type(command: string, end: RegExp): Promise<string> {
      text = "";
      child.stdin.write(`${command}\n`);
      while (!end.test(text)) {
        if (child.exitCode !== null) throw new Error(`the program ended: ${text}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          child.once("close", () => resolve());
        });
      }
      return text;
    },
    ended: () =>
      new Promise<void>((resolve) => (child.exitCode === null ? child.once("close", () => resolve()) : resolve())),
  };
}

const stopped = /"type":"stopped"/;
const handFinished = /"type":"hand-finished"/;

function docker(...args: readonly string[]): Buffer {
  return execFileSync("docker", args, { maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "ignore"] });
}

describe("secrets of a session that is killed and resumed", () => {
  test("are found nowhere: state, outputs, containers, images, process lists", async () => {
    const all = formsOfAll("API_TOKEN", "HAND_TOKEN", "certificate", "DEPLOY_CREDENTIAL");
    const stopWatching = watchProcesses(formsOfAll("API_TOKEN", "certificate", "DEPLOY_CREDENTIAL"));

    const first = startHack([...options, context]);
    const opening = await first.type("list", /"type":"steps"/);
    const { session } = JSON.parse(
      first
        .printed()
        .toString()
        .split("\n")
        .find((line) => line.includes('"opened"'))!,
    );
    const replay = await first.type("continue", stopped);
    const typed = await first.type(`run echo ${values.HAND_TOKEN} && echo made > /made`, handFinished);
    await first.type('run echo "$API_TOKEN" && echo more > /more', handFinished);
    await first.type(`no-such-command ${values.HAND_TOKEN}`, /"type":"error"/);
    const refused = await first.type(`insert RUN echo ${values.HAND_TOKEN}`, /"type":"error"/);
    const unadopted = await first.type(`adopt ${/"edit":\{"id":(\d+)/.exec(typed)![1]}`, /"type":"error"/);
    const listed = await first.type("env", /"type":"environment"/);
    const output = await first.type("output 4", /"type":"step-output".*\n/);
    await first.type(`tag ${image}:one`, /"type":"tagged"/);
    first.child.kill("SIGKILL");
    await first.ended();

    const second = startHack([context, "--resume"]);
    await second.type("status", /"type":"status"/);
    const replaced = await second.type("replace 9 RUN true", /"type":"dockerfile-changed"/);
    const rest = await second.type("continue", stopped);
    await second.type(`tag ${image}:two`, /"type":"tagged"/);
    const processes = stopWatching();

    // What is said instead, so that nothing above was empty.
    expect(opening).toContain("API_TOKEN looks like a secret");
    for (const mask of [
      "out [secret API_TOKEN]",
      "err [secret API_TOKEN]",
      "[secret certificate]",
      "[secret deploy]",
    ]) {
      expect(replay).toContain(mask);
    }
    expect(replay).toContain("agent there");
    expect(replay).toContain("failing with [secret API_TOKEN]");
    expect(refused).toContain("SECRET_IN_DOCKERFILE");
    expect(unadopted).toContain("ADOPT_SECRET");
    expect(listed).toContain("API_TOKEN=[secret API_TOKEN]");
    expect(output).toContain("out [secret API_TOKEN]");
    expect(replaced).toContain('"status":"stale"');
    expect(rest).toContain('"reason":"end"');
    // Its key is the same as before: the step is not run again.
    expect(rest).not.toContain("out [secret API_TOKEN]");

    expect(findIn(Buffer.concat([first.printed(), second.printed()]), all)).toEqual([]);
    for (const file of readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      expect([path, findIn(readFileSync(path), all)]).toEqual([path, []]);
    }
    const containers = docker("ps", "-aq", "--filter", `label=slipway.session=${session}`)
      .toString()
      .split("\n")
      .filter(Boolean);
    expect(containers.length).toBeGreaterThan(0);
    expect(findIn(docker("inspect", ...containers), all)).toEqual([]);
    const journal = readFileSync(join(state, "slipway/sessions", session, "journal.jsonl"), "utf8");
    const images = new Set([`${image}:one`, `${image}:two`, ...(journal.match(/sha256:[0-9a-f]{64}/g) ?? [])]);
    expect(images.size).toBeGreaterThan(4);
    for (const id of images) {
      for (const args of [
        ["image", "inspect", id],
        ["history", "--no-trunc", id],
      ]) {
        // Some were made for one step, and are gone.
        const { stdout } = await execa("docker", args, { reject: false });
        expect([id, findIn(Buffer.from(stdout), all)]).toEqual([id, []]);
      }
    }
    expect(docker("history", "--no-trunc", `${image}:two`).toString()).toContain(
      "|2 API_TOKEN=[secret API_TOKEN] HAND_TOKEN=",
    );
    expect(await findInLayers(`${image}:two`, [Buffer.from(greeting)])).toContain(greeting);
    for (const name of ["one", "two"]) expect(await findInLayers(`${image}:${name}`, all)).toBe("");
    expect(processes).toEqual([]);

    await second.type("quit --rm", /"type":"closed"/);
    await second.ended();
    expect(existsSync(join(state, "slipway/sessions", session))).toBe(false);
  });
});

describe("a build argument that was not kept", () => {
  const value = `given-${random()}`;
  const project = join(folder, "given");
  const hack = (words: readonly string[], input: string, env: Record<string, string> = {}) =>
    slipway(["hack", ...words, "--script", "-", project], {
      input,
      env: { XDG_STATE_HOME: join(folder, "given-state"), ...env },
    });

  test("is asked for again, by its name, and only it", async () => {
    mkdirSync(project);
    writeFileSync(
      join(project, "Dockerfile"),
      'FROM debian:bookworm\nARG SHOP_KEY\nARG VERSION\nRUN echo "$SHOP_KEY" | wc -c && echo "version $VERSION"\nRUN false\n',
    );
    const opened = await hack(["--build-arg", `SHOP_KEY=${value}`, "--build-arg", "VERSION=7"], "continue\n");
    expect(opened.stdout).toContain("version 7");

    const without = await hack(["--resume"], "status\n");
    expect(without).toMatchObject({ exitCode: 2 });
    expect(without.stderr).toContain("the session needs the value of SHOP_KEY again");
    expect(without.stderr).toContain("slipway hack --resume --build-arg SHOP_KEY");

    const fixed = await hack(["--resume", "--build-arg", "VERSION=8", "--build-arg", `SHOP_KEY=${value}`], "status\n");
    expect(fixed).toMatchObject({ exitCode: 2 });
    expect(fixed.stderr).toContain("VERSION belongs to the beginning of a session");

    const again = await hack(["--resume", "--build-arg", `SHOP_KEY=${value}`, "--keep-going"], "list\n");
    expect(again.stdout.match(/done/g)).toHaveLength(4);

    // Another value is another input: what saw the old one is due again.
    const other = await hack(["--resume", "--build-arg", "SHOP_KEY", "--keep-going"], "list\nquit --rm\n", {
      SHOP_KEY: "x",
    });
    expect(other.stdout.match(/done/g)!.length).toBeLessThan(4);
    expect(
      [opened, without, again, other].flatMap(({ stdout, stderr }) =>
        findIn(Buffer.from(stdout + stderr), [Buffer.from(value)]),
      ),
    ).toEqual([]);
  });
});

describe("a secret on the program's own command line", () => {
  test("is gone from the process list once the session is open", async () => {
    const value = `shown-${random()}`;
    const project = join(folder, "shown");
    mkdirSync(project);
    writeFileSync(join(project, "Dockerfile"), "FROM scratch\n");
    const hacking = startHack(["--build-arg", `SHOP_KEY=${value}`, project]);
    await hacking.type("status", /"type":"status"/);
    const line = readFileSync(`/proc/${hacking.child.pid}/cmdline`, "utf8").replaceAll("\0", " ");
    expect(line).toContain("--build-arg SHOP_KEY=***");
    expect(line).not.toContain(value);
    await hacking.type("quit --rm", /"type":"closed"/);
    await hacking.ended();
  });
});

describe("a Dockerfile that writes a secret into the image itself", () => {
  test("is told of when the image is tagged", async () => {
    const value = `written-${random()}`;
    const project = join(folder, "written");
    const name = `${image}:written`;
    mkdirSync(project);
    writeFileSync(join(project, "Dockerfile"), "FROM debian:bookworm\nARG SHOP_KEY\nENV KEY=$SHOP_KEY\n");
    const ran = await slipway(["hack", "--build-arg", "SHOP_KEY", "--script", "-", project], {
      input: `continue\ntag ${name}\nquit --rm\n`,
      env: { XDG_STATE_HOME: join(folder, "written-state"), SHOP_KEY: value },
    });
    expect(ran.stdout).toContain(`${name} holds the value of a secret`);
    expect(findIn(Buffer.from(ran.stdout + ran.stderr), [Buffer.from(value)])).toEqual([]);
    expect(docker("rmi", name).toString()).toContain(name);
  });
});
