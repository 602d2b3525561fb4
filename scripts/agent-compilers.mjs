// The compilers that make static binaries with musl: the machine's own musl-gcc for its own architecture, for another
// one Debian's cross compiler with the musl of that architecture, unpacked into the cache.
import { join } from "node:path";
import { provideDebianFile } from "./debian-file.mjs";
import { once } from "./once.mjs";
import { run } from "./run.mjs";

/** Node.js's names of architectures in the words of images. */
const architectures = { x64: "amd64", arm64: "arm64" };

/** By the architecture that is compiled for; each runs on a machine of the other one. */
const crossCompilers = {
  arm64: {
    program: "aarch64-linux-gnu-gcc",
    triplet: "aarch64-linux-musl",
    // Else libgcc asks glibc, by a name that musl lacks, which atomic instructions the processor has.
    flags: ["-mno-outline-atomics"],
    musl: {
      name: "musl-dev_1.2.3-1_arm64.deb",
      sha256: "55c2ca4bc3041c8ed8ac7dc3ef6080d9551a21650568b2fd7610b59eaf98a4f4",
      suite: "bookworm",
      package: "musl-dev=1.2.3-1",
      architecture: "arm64",
    },
  },
};

/**
 * @typedef {object} Compiler
 * @property {string} program
 * @property {readonly string[]} compileFlags
 * @property {readonly string[]} linkBefore what stands before the objects and libraries
 * @property {readonly string[]} linkAfter
 * @property {string} identity what decides the bytes, besides what it is given
 */

/** The architectures that this machine can make agents for, its own first. */
export const agentArchitectures = [
  architectures[process.arch],
  ...Object.keys(crossCompilers).filter((name) => name !== architectures[process.arch]),
].filter((name) => name !== undefined);

/** @returns {Promise<Compiler>} */
export async function findCompiler(architecture, cache) {
  if (architecture === architectures[process.arch]) {
    const identity = `${architecture} ${await readVersion("musl-gcc")}`;
    return { program: "musl-gcc", compileFlags: [], linkBefore: [], linkAfter: [], identity };
  }
  const cross = crossCompilers[architecture];
  if (cross === undefined || architectures[process.arch] === undefined)
    throw new Error(`No compiler for ${architecture} on ${process.arch} is known.`);
  const { program, triplet, flags, musl } = cross;
  const identity = [architecture, await readVersion(program), musl.sha256, ...flags].join(" ");
  const root = await once(join(cache, musl.name.replace(/\.deb$/, "")), async (folder) => {
    await run("dpkg-deb", ["-x", await provideDebianFile(musl, cache), folder]);
  });
  const libraries = join(root, "usr/lib", triplet);
  const { stdout: ownHeaders } = await run(program, ["-print-file-name=include"]);
  return {
    program,
    compileFlags: [
      ...flags,
      "-nostdinc",
      ...[join(root, "usr/include", triplet), ownHeaders.trim()].flatMap((folder) => ["-isystem", folder]),
    ],
    linkBefore: ["-nostdlib", "-L", libraries, join(libraries, "crt1.o"), join(libraries, "crti.o")],
    linkAfter: ["-lc", "-lgcc", "-lc", join(libraries, "crtn.o")],
    identity,
  };
}

async function readVersion(program) {
  return (await run(program, ["--version"])).stdout;
}
