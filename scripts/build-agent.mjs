// Builds dist/agent/slipway-init-linux-ARCH: src/init bundled by esbuild, compiled to bytecode by QuickJS's qjsc, linked
// with QuickJS and our native module into one static binary by musl's gcc. Every input decides the name of a folder in
// .cache/agent, so that nothing is made twice and the same inputs give the same bytes.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, chmod, copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache/agent");
const quickjs = {
  version: "2025.04.26",
  sha256: "ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe",
  sources: ["quickjs.c", "quickjs-libc.c", "libregexp.c", "libunicode.c", "cutils.c", "dtoa.c"],
};
/** Compilers that make static binaries for an architecture, by the architecture of this machine. */
const compilers = { x64: { amd64: "musl-gcc" }, arm64: { arm64: "musl-gcc" } };
const architectures = { x64: "amd64", arm64: "arm64" };
const compileFlags = [
  "-O2",
  "-ffunction-sections",
  "-fdata-sections",
  "-fno-asynchronous-unwind-tables",
  "-D_GNU_SOURCE",
  `-DCONFIG_VERSION="${quickjs.version}"`,
];
const linkFlags = ["-static", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none"];
/** Parts of the language that src/init does without. */
const leftOut = ["eval", "string-normalize", "proxy", "weakref"].map((feature) => `-fno-${feature}`);

const exec = promisify(execFile);

async function run(program, args, options = {}) {
  try {
    return await exec(program, args, { maxBuffer: 1 << 26, ...options });
  } catch (error) {
    if (error.code === "ENOENT" && program === "apt-get") {
      const { version, sha256 } = quickjs;
      throw new Error(
        `apt-get is missing. Put Debian's quickjs_${version}.orig.tar.xz (sha256 ${sha256}) into ${cache} and try again.`,
      );
    }
    if (error.code === "ENOENT") {
      throw new Error(`${program} is missing. Install it with: node scripts/setup.mjs`);
    }
    throw new Error(`${program} ${args.join(" ")}\n${error.stderr ?? error.message}`);
  }
}

function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(typeof part === "string" ? `${part.length}:${part}` : part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Makes `path` with `make(temporary)` unless it is there; a build that is killed leaves no half of it. */
async function once(path, make) {
  if (await exists(path)) return path;
  const temporary = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await make(temporary);
  await rename(temporary, path).catch(async (error) => {
    // Another build was first; the content is the same.
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(temporary, { recursive: true });
  });
  return path;
}

/** Debian's source package of QuickJS; one that lies in .cache/agent already serves as well. */
async function fetchQuickJs() {
  const archive = await once(join(cache, `quickjs_${quickjs.version}.orig.tar.xz`), downloadQuickJs);
  const sha256 = createHash("sha256")
    .update(await readFile(archive))
    .digest("hex");
  if (sha256 !== quickjs.sha256) throw new Error(`${archive} has sha256 ${sha256}, expected ${quickjs.sha256}`);
  return once(join(cache, `quickjs-${quickjs.version}`), async (folder) => {
    await mkdir(folder);
    await run("tar", ["-xJf", archive, "-C", folder, "--strip-components=1"]);
  });
}

/** Through an apt with settings of our own, which touches nothing of the machine's and needs no root. */
async function downloadQuickJs(target) {
  const apt = `${target}.apt`;
  try {
    for (const part of ["lists/partial", "cache/archives/partial"]) await mkdir(join(apt, part), { recursive: true });
    await writeFile(join(apt, "sources.list"), "deb-src http://deb.debian.org/debian trixie main\n");
    const settings = [
      `Dir::Etc::sourcelist=${apt}/sources.list`,
      "Dir::Etc::sourceparts=-",
      `Dir::State::lists=${apt}/lists`,
      `Dir::Cache=${apt}/cache`,
      "APT::Sandbox::User=",
      "Acquire::Retries=3",
    ].flatMap((setting) => ["-o", setting]);
    await run("apt-get", [...settings, "-q", "update"]);
    await run("apt-get", [...settings, "-q", "source", "--download-only", `quickjs=${quickjs.version}-1`], {
      cwd: apt,
    });
    await rename(join(apt, `quickjs_${quickjs.version}.orig.tar.xz`), target);
  } finally {
    await rm(apt, { recursive: true, force: true });
  }
}

/** Relative names in the command keep this machine's paths out of the object. */
async function compile(compiler, directory, source, include, inputs) {
  const text = await readFile(join(directory, source));
  return once(join(cache, "objects", `${digest(inputs, text)}-${source}.o`), (object) =>
    run(compiler, [...compileFlags, "-I", include, "-c", source, "-o", object], { cwd: directory }),
  );
}

async function filesOf(folder) {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(names.filter((name) => /\.(ts|c|h|json)$/.test(name)).map((name) => readFile(join(folder, name))));
}

async function link(compiler, quickJs, compilerVersion, output) {
  const inputs = digest(compiler, compilerVersion, quickjs.sha256, ...compileFlags);
  const native = join(root, "src/init/native");
  const header = await readFile(join(native, "native.h"));
  const sources = (await readdir(native)).filter((name) => name.endsWith(".c")).sort();
  const engine = await Promise.all(quickjs.sources.map((name) => compile(compiler, quickJs, name, quickJs, inputs)));
  const module = await Promise.all(
    sources.map((name) => compile(compiler, native, name, quickJs, digest(inputs, header))),
  );

  const qjsc = await once(join(cache, `qjsc-${inputs}`), async (program) => {
    const main = await compile(compiler, quickJs, "qjsc.c", quickJs, inputs);
    await run(compiler, [...linkFlags, main, ...engine, "-lm", "-lpthread", "-o", program]);
  });

  const work = `${output}.work`;
  await mkdir(work, { recursive: true });
  await build({
    entryPoints: [join(root, "src/init/main.ts")],
    outfile: join(work, "main.js"),
    bundle: true,
    format: "esm",
    target: "es2023",
    external: ["std", "os", "native"],
    minifySyntax: true,
    logLevel: "warning",
  });
  // qjsc keeps the script's name for stack traces.
  await run(qjsc, ["-e", "-m", "-M", "native,native", ...leftOut, "-o", "main.c", "main.js"], { cwd: work });
  await run(compiler, [...compileFlags, "-I", quickJs, "-c", "main.c", "-o", "main.o"], { cwd: work });
  await run(compiler, [...linkFlags, "main.o", ...module, ...engine, "-lm", "-lpthread", "-o", output], { cwd: work });
  await rm(work, { recursive: true });
}

/** Builds the agent for an architecture (`amd64`, `arm64`; this machine's by default) and resolves with its path. */
export async function buildAgent(architecture = architectures[process.arch]) {
  const compiler = compilers[process.arch]?.[architecture];
  if (compiler === undefined) throw new Error(`No compiler for ${architecture} on ${process.arch} is known.`);
  const { stdout: compilerVersion } = await run(compiler, ["--version"]);
  const name = `slipway-init-linux-${architecture}`;
  const inputs = digest(
    compilerVersion,
    await readFile(fileURLToPath(import.meta.url)),
    await readFile(join(root, "package-lock.json")),
    ...(await filesOf(join(root, "src/init"))),
    ...(await filesOf(join(root, "src/protocol"))),
  );
  const built = await once(join(cache, "builds", inputs, name), async (output) => {
    await link(compiler, await fetchQuickJs(), compilerVersion, output);
  });
  const target = join(root, "dist/agent", name);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(built, `${target}.${process.pid}`);
  await chmod(`${target}.${process.pid}`, 0o755);
  await rename(`${target}.${process.pid}`, target);
  await cp(join(root, "src/init/shell"), join(root, "dist/agent/shell"), { recursive: true });
  return target;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await buildAgent(process.argv[2]));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
