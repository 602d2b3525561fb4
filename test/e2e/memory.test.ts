import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeImage } from "../../src/engine/images.ts";
import { testEngine, uniqueName } from "../engine/fixture.ts";
import { program } from "./program.ts";

/** Several times what the program may hold: whoever kept a part of it would show. */
const PASSING = 400 * 1024 * 1024;
const ALLOWED_MB = 150;

const engine = testEngine();
const tag = uniqueName("memory");
let folder: string;
let context: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-memory-"));
  context = join(folder, "context");
  await mkdir(context);
  const large = await open(join(context, "large"), "w");
  await large.truncate(PASSING);
  await large.close();
  await writeFile(join(context, "Dockerfile"), "FROM debian:bookworm\nCOPY large /large\n");
  // Writes the peak of its resident memory, in KiB, when it ends.
  await writeFile(
    join(folder, "peak.mjs"),
    `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(join(folder, "peak"))}, String(process.resourceUsage().maxRSS)));`,
  );
});
afterAll(async () => {
  await removeImage(engine, tag, { force: true });
  await rm(folder, { recursive: true, force: true });
  await engine[Symbol.asyncDispose]();
});

/** MiB that the program had in memory at most. */
async function peakOf(words: readonly string[], env: Readonly<Record<string, string>>, input = ""): Promise<number> {
  const child = spawn(process.execPath, ["--import", join(folder, "peak.mjs"), program, ...words], {
    env: { ...process.env, XDG_STATE_HOME: join(folder, "state"), ...env },
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  child.stdin.end(input);
  const said = await text(child.stderr);
  expect((await ended)[0], said).toBe(0);
  return Number(await readFile(join(folder, "peak"), "utf8")) / 1024;
}

test.each([
  ["BuildKit", "1"],
  ["the classic builder", "0"],
])(
  "a large context passes through a build with %s",
  async (_, DOCKER_BUILDKIT) => {
    const peak = await peakOf(["build", "-q", "--no-cache", "-t", tag, context], { DOCKER_BUILDKIT });
    expect(peak).toBeLessThan(ALLOWED_MB);
  },
  300_000,
);

test("a large context passes through COPY, and through finish", async () => {
  const peak = await peakOf(["hack", context], {}, `continue\nfinish --tag ${tag}\nquit --rm\n`);
  expect(peak).toBeLessThan(ALLOWED_MB);
}, 300_000);

test("large output passes through a step", async () => {
  const dockerfile = join(folder, "Dockerfile.output");
  await writeFile(
    dockerfile,
    `FROM debian:bookworm\nRUN yes 'a line of output, as tools print them' | head -c ${PASSING}\n`,
  );
  const peak = await peakOf(["hack", "-f", dockerfile, context], {}, "continue\nquit --rm\n");
  expect(peak).toBeLessThan(ALLOWED_MB);
}, 300_000);
