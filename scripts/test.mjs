// `npm test [-- VITEST ARGUMENTS]`: everything from a clean clone to the counts of passed and failed tests, which are
// the last line. Several runs side by side don't disturb each other: each has an engine of its own, unless DOCKER_HOST
// names one.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideBaseImage } from "./base-images.mjs";
import { countTests, formatCounts } from "./counts.mjs";
import { withEngine } from "./engine.mjs";
import { withLock } from "./lock.mjs";
import { buildProgram, endByChildren, exitOf, root, slipway } from "./program.mjs";
import { setUp } from "./setup.mjs";

const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
// Some tests are done as another user, who must reach what lies in there.
chmodSync(folder, 0o755);
let counts = { passed: 0, failed: 1, skipped: 0 };
endByChildren();
try {
  await withLock(() => setUp(["build", "engine", "test"]));
  await buildProgram();
  await withEngine(async (host) => {
    await provideBaseImage(host, "debian:bookworm");
    counts = await runTests(host);
  });
} catch (error) {
  counts = { ...counts, failed: Math.max(counts.failed, 1) };
  console.error(error instanceof Error ? error.message : error);
} finally {
  await stopStrayEngines();
  rmSync(folder, { recursive: true, force: true });
  console.log(formatCounts(counts));
}
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

async function runTests(host) {
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  // The user's own settings and sessions are none of a test's business.
  const env = {
    ...process.env,
    DOCKER_HOST: host,
    TMPDIR: folder,
    DOCKER_CONFIG: join(folder, "docker"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };
  delete env.DOCKER_CONTEXT;
  const args = [`${root}node_modules/vitest/vitest.mjs`, "run", ...reporters, ...process.argv.slice(2)];
  await exitOf(spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }));
  if (!existsSync(report)) throw new Error("The tests were ended before they could tell their results.");
  return countTests(JSON.parse(readFileSync(report, "utf8")));
}

/** A test that was interrupted could not stop the engine that it had started. */
async function stopStrayEngines() {
  for (const name of readdirSync(folder)) {
    const stray = join(folder, name);
    if (existsSync(join(stray, "engine.json"))) {
      await slipway(["engine", "stop", "--force"], { SLIPWAY_ENGINE_DIR: stray });
    }
  }
}
