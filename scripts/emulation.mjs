// Lets this machine's kernel run programs for linux/arm64, by the qemu of Debian's qemu-user-static.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { say } from "./say.mjs";

const kernelFolder = "/proc/sys/fs/binfmt_misc";
const format = "/usr/lib/binfmt.d/qemu-aarch64.conf";

/** Does what a service manager does when the package is installed. Where the kernel refuses, it says why. */
export function registerEmulation() {
  if (whyNoArm64() === undefined || !existsSync(format)) return;
  try {
    if (!existsSync(`${kernelFolder}/register`)) {
      const { status, stderr } = spawnSync("mount", ["-t", "binfmt_misc", "binfmt_misc", kernelFolder]);
      if (status !== 0) throw new Error(String(stderr).trim());
    }
    writeFileSync(`${kernelFolder}/register`, readFileSync(format, "utf8").trim());
  } catch (error) {
    say(`the kernel takes no emulation of linux/arm64, its tests are skipped: ${error.message}`);
  }
}

/** Why this machine can't run programs for linux/arm64; undefined where it can. */
export function whyNoArm64() {
  if (process.arch === "arm64") return undefined;
  const file = `${kernelFolder}/qemu-aarch64`;
  if (!existsSync(file)) return "no emulation of linux/arm64 is registered with this machine's kernel";
  return readFileSync(file, "utf8").startsWith("enabled") ? undefined : "the emulation of linux/arm64 is switched off";
}
