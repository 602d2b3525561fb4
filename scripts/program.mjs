// The program as built into dist/, run by the other scripts.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { say } from "./say.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const programPath = `${root}dist/js/main.js`;

/** Builds the program and its agent into dist/. */
export async function buildProgram() {
  await withLock(async () => {
    say("building");
    await runNode([`${root}scripts/build.mjs`]);
    await runNode([`${root}scripts/build-agent.mjs`]);
  });
}

/** Runs `slipway`; resolves with what it printed, rejects when it failed. Its progress is shown. */
export async function slipway(args, env = {}) {
  return runNode([programPath, ...args], env);
}

async function runNode(args, env = {}) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const code = await exitOf(child);
  const { signalCode } = child;
  if (signalCode !== null) throw new Error(`${args.join(" ")}: ended by ${signalCode}`);
  if (code !== 0) throw new Error(`${args.join(" ")}: exit status ${code}`);
  return output.trim();
}

const children = new Set();

/** The exit status of a child process, as a shell tells it: above 128 for one that a signal ended. */
export async function exitOf(child) {
  children.add(child);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    children.delete(child);
  }
}

/**
 * From now on Ctrl-C and SIGTERM end the children only: what waits for one goes on with its clean-up. (A terminal sends
 * Ctrl-C to the children itself.)
 */
export function endByChildren() {
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {
    for (const child of children) child.kill("SIGTERM");
  });
}
