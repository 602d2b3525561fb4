// The Debian packages beyond Node.js that Slipway is built, tested and shown with, each with its reason: the one list.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * `needs` names the work: "build" makes the agent, "engine" runs a private engine and makes base images, "test" is what
 * only tests and benchmarks call, "bench" what only benchmarks do. `program` tells whether the package, or another one in its place, is there.
 */
export const packages = [
  { name: "gcc", program: "gcc", needs: "build", reason: "compiles the agent" },
  { name: "musl-tools", program: "musl-gcc", needs: "build", reason: "links the agent without a libc of the machine" },
  {
    name: "gcc-aarch64-linux-gnu",
    program: "aarch64-linux-gnu-gcc",
    needs: "build",
    reason: "compiles the agent for linux/arm64",
  },
  { name: "xz-utils", program: "xz", needs: "build", reason: "unpacks sources and ADD's .tar.xz archives" },
  { name: "docker.io", program: "dockerd", needs: "engine", reason: "the private engine" },
  { name: "iptables", program: "iptables", needs: "engine", reason: "the engine's network" },
  { name: "iproute2", program: "ip", needs: "engine", reason: "the engine's bridge" },
  { name: "mmdebstrap", program: "mmdebstrap", needs: "engine", reason: "makes base images" },
  { name: "debootstrap", program: "debootstrap", needs: "engine", reason: "makes base images where mmdebstrap can't" },
  { name: "arch-test", program: "arch-test", needs: "engine", reason: "makes base images of another architecture" },
  {
    name: "qemu-user-static",
    program: "qemu-aarch64-static",
    needs: "test",
    reason: "runs what is made for linux/arm64",
  },
  { name: "git", program: "git", needs: "test", reason: "ADD and build contexts from repositories" },
  { name: "bzip2", program: "bzip2", needs: "test", reason: "ADD's .tar.bz2 archives" },
  { name: "zstd", program: "zstd", needs: "test", reason: "ADD's .tar.zst archives" },
  { name: "openssh-client", program: "ssh", needs: "test", reason: "engines at ssh:// and RUN --mount=type=ssh" },
  { name: "openssh-server", program: "sshd", needs: "test", reason: "the far side of an engine at ssh://" },
  { name: "openssl", program: "openssl", needs: "test", reason: "certificates for an engine at tcp:// with TLS" },
  { name: "busybox-static", program: "busybox", needs: "test", reason: "a shell for images made FROM scratch" },
  { name: "supervisor", program: "supervisord", needs: "bench", reason: "a supervisor to measure beside" },
  { name: "s6", program: "s6-svscan", needs: "bench", reason: "a supervisor to measure beside" },
  { name: "runit", program: "runsvdir", needs: "bench", reason: "a supervisor to measure beside" },
  { name: "tini", program: "tini", needs: "bench", reason: "an init to measure beside" },
  { name: "dumb-init", program: "dumb-init", needs: "bench", reason: "an init to measure beside" },
];

/** The packages for the given kinds of work whose program isn't on the PATH. */
export function findMissingPackages(needs) {
  // Where Debian keeps a system program, a user's PATH often doesn't look.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return packages.filter(
    (entry) => needs.includes(entry.needs) && !folders.some((folder) => isExecutable(join(folder, entry.program))),
  );
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
