import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { pack } from "tar-stream";
import { afterAll, describe, expect, test } from "vitest";
import { inspectImage, removeImage } from "../../src/engine/images.ts";
import { contextFolder, outputOf, runProgram } from "./build-fixture.ts";
import { testEngine, uniqueName } from "./fixture.ts";

const engine = testEngine();
const image = uniqueName("build");
const made = new Set<string>();
afterAll(async () => {
  for (const tag of made) await removeImage(engine, tag, { force: true });
  await engine[Symbol.asyncDispose]();
});

function tag(name: string): string {
  const reference = `${image}:${name}`;
  made.add(reference);
  return reference;
}

describe.each([
  ["BuildKit", {}],
  ["the classic builder", { DOCKER_BUILDKIT: "0" }],
])("on %s", (builder, env) => {
  const suffix = builder === "BuildKit" ? "buildkit" : "classic";

  test("arguments, target, labels, tags and the id file reach the image", async () => {
    using context = contextFolder({
      Dockerfile: [
        "ARG BASE=nothing:none",
        "FROM ${BASE} AS wanted",
        "ARG GIVEN=default",
        "ARG INHERITED=default",
        "ARG ABSENT=default",
        "LABEL made.of=${GIVEN}-${INHERITED}-${ABSENT}",
        "FROM wanted",
        "RUN false",
      ].join("\n"),
    });
    const [first, second] = [tag(`options-${suffix}`), tag(`options-again-${suffix}`)];
    const run = await runProgram(
      [
        ...["build", "-t", first, "-t", second, "--target", "wanted", "--label", "slipway.test=build"],
        ...[
          "--build-arg",
          "BASE=debian:bookworm",
          "--build-arg",
          "GIVEN=a=b",
          "--build-arg",
          "INHERITED",
          "--build-arg",
          "ABSENT",
        ],
        ...["--iidfile", "id", "--quiet", "."],
      ],
      { cwd: context.path, env: { ...env, INHERITED: "from outside" } },
    );
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    const built = await inspectImage(engine, first);
    expect(run.stdout).toBe(`${built?.id}\n`);
    expect(readFileSync(join(context.path, "id"), "utf8")).toBe(built?.id);
    expect((await inspectImage(engine, second))?.id).toBe(built?.id);
    expect(built?.labels).toMatchObject({ "made.of": "a=b-from outside-default", "slipway.test": "build" });
  });

  test("the context obeys the ignore file beside the Dockerfile, and keeps links and modes", async () => {
    using context = contextFolder({
      "docker/Dockerfile": "FROM debian:bookworm\nCOPY . /context/\n",
      "docker/Dockerfile.dockerignore": "ignored\n**/*.log\n!kept.log\ndocker\n",
      ".dockerignore": "nothing\n",
      "ignored/file": "",
      "a.log": "",
      "kept.log": "",
      "folder/b.log": "",
      "folder/script": "#!/bin/sh\n",
    });
    await promisify(execFile)(
      "sh",
      ["-c", "chmod 2750 folder/script; ln -s script folder/link; ln kept.log zzz-hard"],
      {
        cwd: context.path,
      },
    );
    const reference = tag(`ignore-${suffix}`);
    const run = await runProgram(["build", "-t", reference, "-f", "docker/Dockerfile", "."], {
      cwd: context.path,
      env,
    });
    expect(run).toMatchObject({ exitCode: 0 });
    const listing = "cd /context && find . -mindepth 1 -printf '%p %M %u %g %l %n\\n' | grep -v ' d' | sort";
    expect(await outputOf(engine, reference, listing)).toBe(
      [
        "./.dockerignore -rw-r--r-- root root  1",
        "./folder/link lrwxrwxrwx root root script 1",
        // The classic builder's chown clears what is beyond the permission bits.
        `./folder/script ${builder === "BuildKit" ? "-rwxr-s---" : "-rwxr-x---"} root root  1`,
        "./kept.log -rw-r--r-- root root  2",
        "./zzz-hard -rw-r--r-- root root  2",
        "",
      ].join("\n"),
    );
  });

  test("a failing step ends with its place, its output and exit code 1", async () => {
    using context = contextFolder({
      Dockerfile: "FROM debian:bookworm\n\nRUN echo first && \\\n    echo told >&2 && \\\n    exit 7\n",
    });
    const run = await runProgram(["build", "."], { cwd: context.path, env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/building with (BuildKit|the classic builder)/);
    const error = run.stderr.slice(run.stderr.indexOf("slipway:"));
    expect(error).toContain(`${context.path}/Dockerfile:3: `);
    expect(error).toMatch(/RUN echo first/);
    expect(error).toMatch(/^ {2}\| first$/m);
    expect(error).toMatch(/^ {2}\| told$/m);
    expect(error).toMatch(/7/);
  });

  test("a Dockerfile outside the context, and one from standard input", async () => {
    using context = contextFolder({ "app/file": "content\n", Outside: "FROM debian:bookworm\nCOPY . /app/\n" });
    const [outside, given] = [tag(`outside-${suffix}`), tag(`given-${suffix}`)];
    const from = (words: string[], stdin?: string) =>
      runProgram(words, {
        cwd: context.path,
        env,
        ...(stdin === undefined ? {} : { stdin: Readable.from([Buffer.from(stdin)]) }),
      });
    expect(await from(["build", "-t", outside, "-f", "Outside", "app"])).toMatchObject({ exitCode: 0 });
    expect(await from(["build", "-t", given, "-f", "-", "app"], "FROM debian:bookworm\nCOPY . /app/\n")).toMatchObject({
      exitCode: 0,
    });
    for (const reference of [outside, given]) {
      expect(await outputOf(engine, reference, "cd /app && ls -A && cat file")).toBe("file\ncontent\n");
    }
  });

  test("an archive, or a Dockerfile alone, from standard input", async () => {
    const [archived, alone] = [tag(`archive-${suffix}`), tag(`alone-${suffix}`)];
    const archive = pack();
    archive.entry({ name: "Dockerfile" }, "FROM debian:bookworm\nCOPY file /\n");
    archive.entry({ name: "file" }, "archived\n");
    archive.finalize();
    using context = contextFolder({});
    const build = (reference: string, stdin: Readable) =>
      runProgram(["build", "-t", reference, "-"], { cwd: context.path, env, stdin });
    expect(await build(archived, Readable.from(archive, { objectMode: false }))).toMatchObject({ exitCode: 0 });
    expect(await build(alone, Readable.from([Buffer.from("FROM debian:bookworm\nLABEL alone=yes\n")]))).toMatchObject({
      exitCode: 0,
    });
    expect(await outputOf(engine, archived, "cat /file")).toBe("archived\n");
    expect((await inspectImage(engine, alone))?.labels).toMatchObject({ alone: "yes" });
  });

  test("an archive that the engine fetches itself", async () => {
    const archive = pack();
    archive.entry({ name: "Dockerfile" }, "FROM debian:bookworm\nCOPY file /\n");
    archive.entry({ name: "file" }, "fetched\n");
    archive.finalize();
    const bytes = await buffer(archive);
    const server = createHttpServer((_, response) => {
      response.setHeader("content-type", "application/x-tar");
      response.end(bytes);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      using context = contextFolder({});
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/context.tar`;
      const reference = tag(`fetched-${suffix}`);
      expect(await runProgram(["build", "-t", reference, url], { cwd: context.path, env })).toMatchObject({
        exitCode: 0,
      });
      expect(await outputOf(engine, reference, "cat /file")).toBe("fetched\n");
      const given = await runProgram(["build", "-t", reference, "-f", "-", url], {
        cwd: context.path,
        env,
        stdin: Readable.from([Buffer.from("FROM debian:bookworm\nCOPY file /renamed\n")]),
      });
      if (builder !== "BuildKit")
        expect(given).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("needs BuildKit") });
      else {
        expect(given).toMatchObject({ exitCode: 0 });
        expect(await outputOf(engine, reference, "cat /renamed")).toBe("fetched\n");
      }
    } finally {
      server.close();
    }
  });

  test("no network when told so, and hosts that are given", async () => {
    using context = contextFolder({
      Dockerfile: "FROM debian:bookworm\nRUN ls /sys/class/net > /interfaces; grep given.example /etc/hosts > /hosts\n",
    });
    const reference = tag(`network-${suffix}`);
    const words = [
      "build",
      "-t",
      reference,
      "--no-cache",
      "--network",
      "none",
      "--add-host",
      "given.example:10.9.8.7",
      ".",
    ];
    expect(await runProgram(words, { cwd: context.path, env })).toMatchObject({ exitCode: 0 });
    expect(await outputOf(engine, reference, "cat /interfaces; tr -s '[:space:]' ' ' < /hosts")).toBe(
      "lo\n10.9.8.7 given.example ",
    );
  });

  test("a base image that is not there", async () => {
    using context = contextFolder({ Dockerfile: "\nFROM localhost:1/missing:1\n" });
    const run = await runProgram(["build", "."], { cwd: context.path, env });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("Dockerfile:2: ");
    expect(run.stderr).toContain("localhost:1/missing:1");
  });

  test("a build that is interrupted stops on the engine, with exit code 130", async () => {
    const sleep = `1${process.pid}.${suffix.length}`;
    using context = contextFolder({ Dockerfile: `FROM debian:bookworm\nRUN echo sleeping; sleep ${sleep}\n` });
    const control = new AbortController();
    const run = await runProgram(["build", "--no-cache", "."], {
      cwd: context.path,
      env,
      signal: control.signal,
      onError: (piece) => {
        if (/\d sleeping$/m.test(piece)) control.abort();
      },
    });
    expect(run.exitCode).toBe(130);
    await expect.poll(() => processes().filter((line) => line.includes(sleep)), { timeout: 20_000 }).toEqual([]);
  });
});

/** Command lines of what runs on this machine, where the engine is. */
function processes(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    });
}

test("mistakes in the Dockerfile are told before anything is sent", async () => {
  using context = contextFolder({ Dockerfile: "FROM debian:bookworm\nRUNN true\nCOPY one\n" });
  const run = await runProgram(["build", "."], { cwd: context.path });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("Dockerfile:2:1: error: unknown instruction: RUNN");
  expect(run.stderr).toContain("Dockerfile:3:");
  expect(run.stderr).not.toContain("building with");
});

test("secrets come from files and the environment, and stay out of the image", async () => {
  using context = contextFolder({
    Dockerfile: [
      "FROM debian:bookworm",
      "RUN --mount=type=secret,id=file sha256sum < /run/secrets/file > /file.sum",
      "RUN --mount=type=secret,id=variable,target=/variable sha256sum < /variable > /variable.sum",
      "RUN --mount=type=secret,id=absent ls /run/secrets > /absent.list 2>&1 || true",
    ].join("\n"),
    "secret.txt": "file secret\n",
  });
  const reference = tag("secrets");
  const words = [
    "build",
    "--no-cache",
    "-t",
    reference,
    "--secret",
    "id=file,src=secret.txt",
    "--secret",
    "id=variable,env=TOKEN",
    ".",
  ];
  const run = await runProgram(words, { cwd: context.path, env: { TOKEN: "variable secret" } });
  expect(run).toMatchObject({ exitCode: 0 });
  const sums = await outputOf(
    engine,
    reference,
    "printf 'file secret\\n' | sha256sum; cat /file.sum; printf 'variable secret' | sha256sum; cat /variable.sum; ls /run/secrets",
  );
  const [file, fileSeen, variable, variableSeen, ...rest] = sums.trim().split("\n");
  expect([fileSeen, variableSeen, rest]).toEqual([file, variable, []]);
  expect(run.stderr).not.toContain("variable secret");
});

test.each([
  [["--secret", "id=x,src=/nowhere/at/all"], 1, "secret x: /nowhere/at/all can't be read: ENOENT"],
  [["--secret", "id=x,env=SLIPWAY_ABSENT"], 1, "secret x: the environment variable SLIPWAY_ABSENT is not set"],
  [["--secret", "src=x"], 2, "it needs id=ID"],
  [["--secret", "id=x,sorce=y"], 2, 'found "sorce=y"'],
  [["--ssh", "default"], 2, "SSH_AUTH_SOCK is not set"],
  [["--network", "other"], 1, "--network other: BuildKit knows default, none and host only"],
  [["--platform", "linux/arm64,linux/amd64"], 2, "one image has one platform"],
  [["--add-host", "nobody"], 2, "expected NAME:ADDRESS"],
  [["--build-arg", "=x"], 2, "expected NAME=VALUE or NAME"],
  [["-t", "Upper/Case"], 2, "lower case"],
  [["--build-context", "more=."], 1, "--build-context: Docker 20.10"],
  [["--build-context", "more=missing"], 1, "the build context can't be found"],
  [["--file", "missing"], 1, "there is no Dockerfile at"],
])("%j is refused", async (words, exitCode, message) => {
  using context = contextFolder({ Dockerfile: "FROM debian:bookworm\n" });
  const run = await runProgram(["build", ...words, "."], { cwd: context.path });
  expect(run.stderr).toContain(message);
  expect(run.exitCode).toBe(exitCode);
});

test.each([
  ["nothing/there", "the build context can't be found"],
  ["Dockerfile", "the build context must be a folder"],
])("the context %s is refused", async (place, message) => {
  using context = contextFolder({ Dockerfile: "FROM debian:bookworm\n" });
  const run = await runProgram(["build", place], { cwd: context.path });
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
});

test.each([
  [["--secret", "id=x,src=Dockerfile"], "--secret needs BuildKit"],
  [["--no-cache-filter", "x"], "--no-cache-filter needs BuildKit"],
  [["--build-context", "x=."], "--build-context needs BuildKit"],
])("the classic builder refuses %j", async (words, message) => {
  using context = contextFolder({ Dockerfile: "FROM debian:bookworm\n" });
  const run = await runProgram(["build", ...words, "."], { cwd: context.path, env: { DOCKER_BUILDKIT: "0" } });
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
});

/** Talks to the forwarded agent in its own protocol: perl is in every Debian image, ssh is not. */
const askAgent = `
use IO::Socket::UNIX;
sub ask {
  my $agent = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die "no agent: $!";
  print $agent pack("N", length $_[0]) . $_[0];
  read $agent, my $length, 4;
  read $agent, my $answer, unpack("N", $length);
  return $answer;
}
my $keys = ask(chr 11);
printf "answer %d, %d keys\\n", ord $keys, unpack("N", substr $keys, 1);
printf "removing all keys: answer %d\\n", ord ask(chr 19);
`;

test("an ssh agent is forwarded, for signing only", async () => {
  using context = contextFolder({
    "ask.pl": askAgent,
    Dockerfile: "FROM debian:bookworm\nCOPY ask.pl /\nRUN --mount=type=ssh perl /ask.pl > /answers\n",
  });
  const socket = join(context.path, "agent.sock");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(agent.stdout, "data");
    const keyed = promisify(execFile);
    await keyed("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(context.path, "key")]);
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    await keyed("ssh-add", ["-q", join(context.path, "key")], { env });
    const reference = tag("ssh");
    const run = await runProgram(["build", "--no-cache", "--ssh", "default", "-t", reference, "."], {
      cwd: context.path,
      env: { SSH_AUTH_SOCK: socket },
    });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(await outputOf(engine, reference, "cat /answers")).toBe("answer 12, 1 keys\nremoving all keys: answer 5\n");
    expect((await keyed("ssh-add", ["-l"], { env })).stdout).toContain("ED25519");
  } finally {
    agent.kill();
  }
});

test("5,000 files, a socket among them, and only what changed is sent again", async () => {
  using context = contextFolder({ Dockerfile: "FROM debian:bookworm\nCOPY files /files\n" });
  for (let folder = 0; folder < 50; folder++) {
    mkdirSync(join(context.path, `files/${folder}`), { recursive: true });
    for (let file = 0; file < 100; file++)
      writeFileSync(join(context.path, `files/${folder}/${file}`), `${folder}/${file}`);
  }
  const server = createServer().listen(join(context.path, "files/socket"));
  await once(server, "listening");
  try {
    const reference = tag("files");
    const build = () => runProgram(["build", "--progress", "rawjson", "-t", reference, "."], { cwd: context.path });
    const first = await build();
    expect(first).toMatchObject({ exitCode: 0 });
    expect(
      await outputOf(
        engine,
        reference,
        "find /files -type f | wc -l; cat /files/49/99; ls -d /files/socket 2>&1 | wc -l",
      ),
    ).toBe("5000\n49/991\n");
    writeFileSync(join(context.path, "files/49/99"), "changed");
    const second = await build();
    expect(await outputOf(engine, reference, "cat /files/49/99")).toBe("changed");
    expect(bytesSent(second.stderr)).toBeLessThan(bytesSent(first.stderr));
  } finally {
    server.close();
  }
});

/** As the engine counts what it gets for the context, metadata included. */
function bytesSent(rawjson: string): number {
  const statuses = rawjson
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => (JSON.parse(line) as { statuses?: { id: string; current: number }[] }).statuses ?? []);
  return Math.max(...statuses.filter(({ id }) => id === "transferring context:").map(({ current }) => current));
}

test("the steps of one stage are run again with --no-cache-filter", async () => {
  using context = contextFolder({
    Dockerfile:
      "FROM debian:bookworm AS one\nRUN date +%N > /one\nFROM debian:bookworm\nRUN date +%N > /two\nCOPY --from=one /one /\n",
  });
  const reference = tag("filter");
  const build = async (...words: string[]) => {
    expect(await runProgram(["build", "-t", reference, ...words, "."], { cwd: context.path })).toMatchObject({
      exitCode: 0,
    });
    return (await outputOf(engine, reference, "cat /one /two")).split("\n");
  };
  const [one, two] = await build();
  expect(await build()).toEqual([one, two, ""]);
  const again = await build("--no-cache-filter", "one");
  expect(again[1]).toBe(two);
  expect(again[0]).not.toBe(one);
});
