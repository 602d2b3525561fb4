// Installs what the repository needs on this machine: npm packages, and Debian packages where it may. Does nothing, and
// says nothing, when all is there. Runs before `npm ci`, so it imports nothing from node_modules.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { registerEmulation } from "./emulation.mjs";
import { findMissingPackages } from "./packages.mjs";
import { fail, say } from "./say.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {("build" | "engine" | "test")[]} needs which of packages.mjs's kinds of work is ahead */
export function setUp(needs) {
  installNpmPackages();
  installDebianPackages(findMissingPackages(needs));
  if (needs.includes("test") && process.getuid() === 0 && !startsServices()) registerEmulation();
}

function installNpmPackages() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs) return;
  say("installing npm packages");
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}

function installDebianPackages(missing) {
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.name);
  const list = missing.map((entry) => `  ${entry.name.padEnd(16)} ${entry.reason}`).join("\n");
  const install = ["install", "-y", "--no-install-recommends", ...names];
  if (!existsSync("/usr/bin/apt-get")) {
    fail(`These programs are missing: ${missing.map((entry) => entry.program).join(", ")}\n${list}`);
  }
  if (process.getuid() !== 0 || startsServices()) {
    fail(`These Debian packages are missing:\n${list}\nInstall them: sudo apt-get ${install.join(" ")}`);
  }
  say(`installing Debian packages: ${names.join(" ")}`);
  const options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("apt-get", [...options, "update"], env);
  run("apt-get", [...options, ...install], env);
}

/** Where a service manager runs, installing an engine or an SSH server starts it: for the owner of the machine to decide. */
function startsServices() {
  return existsSync("/run/systemd/system") && !process.env.CI;
}

/** What an installer prints is shown when it fails only. */
function run(program, args, env = process.env) {
  const { status, error, stdout } = spawnSync("sh", ["-c", 'exec "$@" 2>&1', "sh", program, ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) fail(`${stdout ?? ""}${program} ${args.join(" ")}: ${error?.message ?? `exit status ${status}`}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp(["build", "engine", "test"]);
