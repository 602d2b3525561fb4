// `npm test [-- VITEST ARGUMENTS]`: everything from a clean clone to the counts of passed and failed tests, which are
// the last line. Several runs side by side don't disturb each other: each has an engine of its own, unless DOCKER_HOST
// names one.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideBaseImage } from "./base-images.mjs";
import { countTests, formatCounts } from "./counts.mjs";
import { withLock } from "./lock.mjs";
import { startPrivateEngine } from "./private-engine.mjs";
import { buildProgram, endByChildren, exitOf, root } from "./program.mjs";
import { setUp } from "./setup.mjs";

const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
let counts = { passed: 0, failed: 1, skipped: 0 };
let engine;
endByChildren();
try {
  await withLock(() => setUp(["build", "engine", "test"]));
  await buildProgram();
  if (!process.env.DOCKER_HOST) engine = await startPrivateEngine();
  const host = engine?.host ?? process.env.DOCKER_HOST;
  await provideBaseImage(host, "debian:bookworm");
  counts = await runTests(host);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
} finally {
  await engine?.stop();
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
    DOCKER_CONFIG: join(folder, "docker"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_STATE_HOME: join(folder, "state"),
    XDG_CACHE_HOME: join(folder, "cache"),
  };
  delete env.DOCKER_CONTEXT;
  const args = [`${root}node_modules/vitest/vitest.mjs`, "run", ...reporters, ...process.argv.slice(2)];
  await exitOf(spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }));
  return countTests(JSON.parse(readFileSync(report, "utf8")));
}
