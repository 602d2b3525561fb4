import { execFile } from "node:child_process";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** Runs a program of the build; rejects with what it said. */
export async function run(program, args, options = {}) {
  try {
    return await exec(program, args, { maxBuffer: 1 << 26, ...options });
  } catch (error) {
    if (error.code === "ENOENT") throw new Error(`${program} is missing. Install it with: node scripts/setup.mjs`);
    throw new Error(`${program} ${args.join(" ")}\n${error.stderr ?? error.message}`);
  }
}
