import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeTemporaryFolder } from "../../src/build/base/temporary-folder.ts";
import { inspectImage, readHistory, removeImage } from "../../src/engine/images.ts";
import { contextFolder, outputOf, runProgram } from "./build-fixture.ts";
import { testEngine, uniqueName } from "./fixture.ts";

const engine = testEngine();
const name = uniqueName("base");
afterAll(async () => {
  for (const tag of ["one", "two"]) await removeImage(engine, `${name}:${tag}`, { force: true });
  await engine[Symbol.asyncDispose]();
});

test("the same packages give the same image, with nothing of the machine that made it", async () => {
  const make = (tag: string) =>
    runProgram(["base", "debian:bookworm-slim", "-q", "-t", `${name}:${tag}`], { cwd: "/" });
  // At once: on two machines they would not run at the same second either.
  const [one, two] = await Promise.all([make("one"), make("two")]);
  expect(one).toMatchObject({ exitCode: 0, stderr: "", stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
  expect(two).toEqual(one);

  const image = (await inspectImage(engine, `${name}:one`))!;
  expect(image.config).toMatchObject({
    cmd: ["bash"],
    env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    labels: {
      "org.opencontainers.image.created": image.created?.toISOString(),
      "slipway.base.suite": "bookworm",
      "slipway.base.variant": "slim",
      "slipway.base.packages-digest": expect.stringMatching(/^sha256:/),
    },
  });
  expect(await readHistory(engine, image)).toHaveLength(1);
  const traces = [
    "find /var/log /tmp /var/cache/apt /var/lib/apt/lists -type f -size +0",
    "find /usr/share/man /usr/share/locale /usr/share/doc -type f ! -name copyright ! -name locale.alias",
    "ls -A /etc/machine-id /etc/apt/apt.conf.d/99mmdebstrap 2> /dev/null",
    `find / -xdev -newermt '@${image.created!.getTime() / 1000}' ! -path '/etc/*' ! -path /etc ! -path / ! -path '/.dockerenv' ! -path '/dev*' ! -path '/proc*' ! -path '/sys*'`,
  ];
  expect(await outputOf(engine, `${name}:one`, traces.join("; "))).toBe("");
  expect(
    await outputOf(engine, `${name}:one`, "dpkg --audit; dpkg-query -W | wc -l; grep -c . /etc/apt/sources.list"),
  ).toBe(`${image.labels["slipway.base.packages"]}\n3\n`);
}, 300_000);

test.each([
  [["base", "ubuntu:noble"], 2, "no base image is known by the name ubuntu:noble"],
  [["base", "debian:bookworm", "--include", "No/Package"], 2, "this is no name of a Debian package"],
  [["base", "debian:bookworm", "--variant", "huge"], 2, "Allowed choices are minbase, slim"],
  [
    ["base", "debian:bookworm", "--mirror", "http://localhost:1/debian"],
    1,
    "http://localhost:1/debian/dists/bookworm/Release can't be read",
  ],
])("%j is refused", async (words, exitCode, message) => {
  expect(await runProgram(words, { cwd: "/" })).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
});

test("without a tool the error says what to install", async () => {
  const run = await runProgram(["base", "debian:bookworm"], {
    cwd: "/",
    env: { PATH: "/nonexistent", SOURCE_DATE_EPOCH: "1700000000" },
  });
  expect(run).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("needs mmdebstrap or debootstrap, and neither is installed"),
  });
});

test("a tool that fails is quoted, and no image is left", async () => {
  const run = await runProgram(
    ["base", "debian:bookworm", "--mirror", "http://localhost:1/debian", "-t", `${name}:three`],
    {
      cwd: "/",
      env: { SOURCE_DATE_EPOCH: "1700000000" },
    },
  );
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/mmdebstrap failed\n(.*\n)* {2}\| E: /) });
  expect(await inspectImage(engine, `${name}:three`)).toBeUndefined();
});

test.skipIf(process.getuid?.() !== 0)("what a killed tool left mounted is not removed with its folder", async () => {
  using outside = contextFolder({ precious: "still here" });
  const { folder, removeFolder } = await makeTemporaryFolder();
  mkdirSync(join(folder, "root/proc"), { recursive: true });
  execFileSync("mount", ["--bind", outside.path, join(folder, "root/proc")]);
  await removeFolder();
  expect(existsSync(folder)).toBe(false);
  expect(readFileSync(join(outside.path, "precious"), "utf8")).toBe("still here");
});
