// Lets several scripts in one checkout share its folders (node_modules, dist, .cache): one at a time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { say } from "./say.mjs";

const folder = fileURLToPath(new URL("../.cache/", import.meta.url));
const file = `${folder}lock`;

/** Runs `action` alone in this checkout. A holder that died has lost the lock. */
export async function withLock(action) {
  mkdirSync(folder, { recursive: true });
  for (let waited = 0; !take(); waited++) {
    if (waited === 0) say("waiting for another script in this checkout");
    await sleep(200);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function take() {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!isHolderAlive()) rmSync(file, { force: true });
    return false;
  }
}

function isHolderAlive() {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    // An empty file: its holder is about to write its id.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
