import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findProgram, MissingProgramsError, packagesOf } from "./programs.ts";

test("packages that bring others are enough", () => {
  expect(packagesOf(["dockerd", "containerd", "runc", "iptables", "ip"])).toEqual([
    "docker.io",
    "iptables",
    "iproute2",
  ]);
  expect(packagesOf(["runc"])).toEqual(["runc"]);
});

test("the error says what is missing and which command brings it", () => {
  expect(new MissingProgramsError({ programs: ["dockerd", "ip"], packages: ["docker.io", "iproute2"] })).toMatchObject({
    code: "ENGINE_PROGRAMS_MISSING",
    exitCode: 125,
    message: "a private engine needs dockerd, ip: not found",
    hint: "as root: apt-get install -y --no-install-recommends docker.io iproute2",
  });
});

test("programs are found in PATH, if they can be run, and in root's folders", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-programs-"));
  try {
    writeFileSync(join(folder, "tool"), "");
    expect(await findProgram("tool", { PATH: folder })).toBeUndefined();
    chmodSync(join(folder, "tool"), 0o755);
    expect(await findProgram("tool", { PATH: `/nowhere:${folder}` })).toBe(join(folder, "tool"));
    expect(await findProgram("chroot", { PATH: "" })).toBe("/usr/sbin/chroot");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
