// `npm run bench [-- NAME…]`: measures Slipway beside what one would type instead, on one engine, and prints ratios.
import { spawn } from "node:child_process";
import { provideBaseImage } from "./base-images.mjs";
import { withEngine } from "./engine.mjs";
import { withLock } from "./lock.mjs";
import { once } from "./once.mjs";
import { buildProgram, endByChildren, exitOf, programPath, root } from "./program.mjs";
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

/** Only measured beside, so it is no dependency of the project. */
const pm2 = "pm2@7.0.4";

endByChildren();
await withLock(() => setUp(["build", "engine", "bench"]));
await buildProgram();
// Only now: it comes with the npm packages.
const { build } = await import("esbuild");
const pm2Folder = await once(`${root}.cache/bench/${pm2}`, (folder) =>
  run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-package-lock", pm2]),
);
const bundle = `${root}.cache/bench/main.mjs`;
await build({
  absWorkingDir: root,
  entryPoints: ["bench/main.ts"],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // Its native part can't be bundled.
  external: ["@lydell/node-pty"],
});
await withEngine(async (host) => {
  await provideBaseImage(host, "debian:bookworm");
  const env = { ...process.env, DOCKER_HOST: host, SLIPWAY_PROGRAM: programPath, PM2_FOLDER: pm2Folder };
  const main = spawn(process.execPath, [bundle, ...process.argv.slice(2)], { cwd: root, env, stdio: "inherit" });
  process.exitCode = await exitOf(main);
});
